import type { CommandShape, Words } from './shape.ts';

/** A script for fish. */
export function fishScript(commands: readonly CommandShape[]): string {
  const lines = commands.flatMap(({ name, description, flags, argument }) => {
    const seen = `-n ${quote(`__fish_seen_subcommand_from ${name}`)}`;
    return [
      `complete -c exportpoll -n __fish_use_subcommand -a ${quote(name)} -d ${quote(description)}`,
      ...(argument === undefined ? [] : [`complete -c exportpoll ${seen} ${values(argument)}`]),
      ...flags.map(({ long, short, description: about, value }) => {
        const names = [`-l ${long.slice(2)}`, ...(short === undefined ? [] : [`-s ${short.slice(1)}`])];
        const takes = value === undefined ? [] : ['-x', values(value)];
        return `complete -c exportpoll ${[seen, ...names, ...takes, `-d ${quote(about)}`].join(' ')}`;
      }),
    ];
  });
  return `# fish completion for exportpoll; in ~/.config/fish/config.fish: exportpoll complete fish | source
complete -c exportpoll -e
complete -c exportpoll -f
${lines.join('\n')}
`;
}

function values(words: Words): string {
  switch (words) {
    case 'anything':
      return '';
    case 'files':
      return `-a '(__fish_complete_path)'`;
    case 'directories':
      return `-a '(__fish_complete_directories)'`;
    case 'targets':
    case 'orders':
    case 'providers':
      return `-a '(exportpoll complete --list ${words} 2>/dev/null)'`;
    default:
      return `-a ${quote(words.choices.join(' '))}`;
  }
}

function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
