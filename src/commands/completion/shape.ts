import type { Argument, Command, Option } from 'commander';

/** What may stand in one place of a command line; `orders` is what can be started, `anything` nothing that could be guessed. */
export type Words =
  | { readonly choices: readonly string[] }
  | 'files'
  | 'directories'
  | 'targets'
  | 'orders'
  | 'providers'
  | 'anything';

export interface FlagShape {
  /** `--output` and, where there is one, `-o`. */
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** What its value may be; undefined for a switch. */
  readonly value: Words | undefined;
}

export interface CommandShape {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly FlagShape[];
  /** What its arguments may be; undefined for a command without any. */
  readonly argument: Words | undefined;
}

/** What can be completed after `exportpoll`, as its own parser has it. */
export function shapeOf(program: Command): CommandShape[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    flags: [
      ...command.options.filter(({ hidden }) => !hidden).map(flagShape),
      { long: '--help', short: '-h', description: 'explain the command', value: undefined },
    ],
    argument: command.registeredArguments[0] && argumentWords(command, command.registeredArguments[0]),
  }));
}

/** By what stands for a value in the help. */
const PLACEHOLDERS: Readonly<Record<string, Words>> = {
  DIR: 'directories',
  FILE: 'files',
  NAME: 'providers',
  PROVIDER: 'providers',
  WHERE: { choices: ['github', 'gitlab:'] },
};

function flagShape({ long, short, flags, description, argChoices, required }: Option): FlagShape {
  const placeholder = /<(.+)>/.exec(flags)?.[1] ?? '';
  const value =
    argChoices === undefined ? (PLACEHOLDERS[placeholder] ?? 'anything') : { choices: argChoices };
  return { long: long ?? '', short, description, value: required ? value : undefined };
}

function argumentWords(command: Command, argument: Argument): Words {
  if (argument.argChoices !== undefined) return { choices: argument.argChoices };
  if (argument.name() === 'dir') return 'directories';
  if (command.name() === 'start') return 'orders';
  return command.name() === 'providers' ? 'providers' : 'targets';
}

/** A flag's value in a command: where `previous` is one of `after`, what follows is one of `words`. */
export interface Place {
  /** `watch --output`, `watch -o`, `download --output` … */
  readonly after: readonly string[];
  readonly words: Words;
}

/** The places of all flags' values, those with the same words together. */
export function placesOf(commands: readonly CommandShape[]): Place[] {
  const places = new Map<string, { after: string[]; words: Words }>();
  for (const { name, flags } of commands) {
    for (const { long, short, value } of flags) {
      if (value === undefined) continue;
      const key = JSON.stringify(value);
      const place = places.get(key) ?? { after: [], words: value };
      place.after.push(`${name} ${long}`, ...(short === undefined ? [] : [`${name} ${short}`]));
      places.set(key, place);
    }
  }
  return [...places.values()];
}
