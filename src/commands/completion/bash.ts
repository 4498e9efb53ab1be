import { placesOf, type CommandShape, type Words } from './shape.ts';

/** A script for bash, 3.2 (macOS) and newer. */
export function bashScript(commands: readonly CommandShape[]): string {
  const places = placesOf(commands).map(
    ({ after, words }) => `    ${after.map(quote).join(' | ')}) ${action(words)} ;;`,
  );
  const flags = commands.map(({ name, flags }) => {
    const names = flags.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]);
    return `      ${quote(name)}) __exportpoll_words ${quote(names.join(' '))} ;;`;
  });
  const args = commands.flatMap(({ name, argument }) =>
    argument === undefined ? [] : [`    ${quote(name)}) ${action(argument)} ;;`],
  );
  return `# bash completion for exportpoll; in ~/.bashrc: eval "$(exportpoll complete bash)"
__exportpoll_lines() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}
__exportpoll_words() {
  local IFS=$' \\t\\n'
  __exportpoll_lines < <(compgen -W "$1" -- "$cur")
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *: ]]; then __exportpoll_option nospace; fi
}
__exportpoll_paths() {
  __exportpoll_lines < <(compgen "$1" -- "$cur")
  __exportpoll_option filenames
}
__exportpoll_option() {
  if type compopt >/dev/null 2>&1; then compopt -o "$1" 2>/dev/null; fi
}
_exportpoll() {
  local program=$1 cur=\${COMP_WORDS[COMP_CWORD]} command= previous=
  COMPREPLY=()
  if [[ $COMP_CWORD -le 1 ]]; then
    __exportpoll_words ${quote([...commands.map(({ name }) => name), '--help', '--version'].join(' '))}
    return
  fi
  command=\${COMP_WORDS[1]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  # "=" and ":" are words of their own.
  if [[ $cur == = ]]; then
    cur=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $cur == : || $previous == : ]]; then
    return
  fi
  case "$command $previous" in
${places.join('\n')}
    *) __exportpoll_argument ;;
  esac
}
__exportpoll_argument() {
  if [[ $cur == -* ]]; then
    case "$command" in
${flags.join('\n')}
    esac
    return
  fi
  case "$command" in
${args.join('\n')}
  esac
}
complete -F _exportpoll exportpoll
`;
}

function action(words: Words): string {
  switch (words) {
    case 'anything':
      return ':';
    case 'files':
      return '__exportpoll_paths -f';
    case 'directories':
      return '__exportpoll_paths -d';
    case 'targets':
    case 'orders':
    case 'providers':
      return `__exportpoll_words "$("$program" complete --list ${words} 2>/dev/null)"`;
    default:
      return `__exportpoll_words ${quote(words.choices.join(' '))}`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
