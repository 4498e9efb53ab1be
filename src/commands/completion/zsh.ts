import { placesOf, type CommandShape, type Words } from './shape.ts';

/** A script for zsh, to be sourced or to be put into a directory of `fpath` as `_exportpoll`. */
export function zshScript(commands: readonly CommandShape[]): string {
  const places = placesOf(commands).map(
    ({ after, words }) => `    (${after.map(quote).join('|')}) ${action(words)}; return ;;`,
  );
  const flags = commands.map(({ name, flags }) => {
    const described = flags.flatMap(({ long, short, description }) =>
      [long, short].flatMap((flag) => (flag === undefined ? [] : [describe(flag, description)])),
    );
    return `      (${quote(name)}) known=(${described.join(' ')}) ;;`;
  });
  const args = commands.flatMap(({ name, argument }) =>
    argument === undefined ? [] : [`    (${quote(name)}) ${action(argument)} ;;`],
  );
  return `#compdef exportpoll
# zsh completion for exportpoll; in ~/.zshrc, after compinit: source <(exportpoll complete zsh)
_exportpoll() {
  local -a known
  local program=$words[1] command=$words[2] previous=$words[CURRENT-1]
  if (( CURRENT == 2 )); then
    known=(${commands.map(({ name, description }) => describe(name, description)).join(' ')})
    _describe command known
    return
  fi
  if [[ $PREFIX == --*=* ]]; then
    previous=\${PREFIX%%=*}
    compset -P '*='
  fi
  case "$command $previous" in
${places.join('\n')}
  esac
  if [[ $PREFIX == -* ]]; then
    case $command in
${flags.join('\n')}
    esac
    _describe flag known
    return
  fi
  case $command in
${args.join('\n')}
  esac
}
if [[ $funcstack[1] == _exportpoll ]]; then _exportpoll "$@"; else compdef _exportpoll exportpoll; fi
`;
}

function action(words: Words): string {
  switch (words) {
    case 'anything':
      return ':';
    case 'files':
      return '_files';
    case 'directories':
      return '_files -/';
    case 'targets':
    case 'orders':
    case 'providers':
      return `known=(\${(f)"$($program complete --list ${words} 2>/dev/null)"}); compadd -- \${known:#*:}; compadd -S '' -- \${(M)known:#*:}`;
    default:
      return `compadd -- ${words.choices.map(quote).join(' ')}`;
  }
}

/** As _describe takes it: the first colon ends the name. */
function describe(name: string, description: string): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
