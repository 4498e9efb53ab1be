# Types $1 and a tab into an interactive zsh, and prints what it finds. OUT names a file that does not exist yet.
zmodload zsh/zpty zsh/zselect
zpty -b shell zsh -f -i
zpty -w shell 'PROMPT= PROMPT2=; autoload -Uz compinit; compinit -u -D; source <(exportpoll complete zsh)'
# What the completion system is given, without what it asks for itself.
zpty -w shell 'compadd() {
  [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]] && { builtin compadd "$@"; return $? }
  local -a found
  builtin compadd -A found "$@"
  print -rl -- $found >>$OUT
  builtin compadd "$@"
}; bindkey "^I" complete-word; print ready >>$OUT'
wait_for() {
  repeat 1000; do
    [[ -e $OUT && "$(<$OUT)" == *"$1"* ]] && return
    zpty -r -t shell line 2>/dev/null
    zselect -t 2
  done
  print -u2 "not $1"
  exit 1
}
wait_for ready
zpty -n -w shell "$1"$'\t'
zpty -w shell $'\x15 print finished >>$OUT'
wait_for finished
grep -vxE 'ready|finished|' $OUT
zpty -d shell
