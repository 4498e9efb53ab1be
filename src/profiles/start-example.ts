import { shellWord } from '../shell-word.ts';
import type { Parameters } from './parameter-value.ts';
import type { StartEntry } from './schema.ts';

/** What is to be started: an account, or an entry under `exports:`, which has parameters of its own. */
interface Started {
  readonly account: { readonly name: string };
  readonly name?: string;
  readonly start: Pick<StartEntry, 'parameters'>;
  readonly parameters: Parameters;
  /** What the command line needs besides, fit for a shell. */
  readonly flags?: readonly string[];
}

/**
 * A line to paste into a shell: a start with every required parameter, its example as the value; of a named export with
 * those that it does not have. Nothing that was given is repeated: it may be a secret.
 */
export function startExample({ account, name, start, parameters, flags = [] }: Started): string {
  const wanted = Object.entries(start.parameters).filter(
    ([parameter, { required }]) => required && (name === undefined || !Object.hasOwn(parameters, parameter)),
  );
  const words = wanted.flatMap(([parameter, { example }]) => [
    '--param',
    shellWord(`${parameter}=${example ?? parameter.toUpperCase()}`),
  ]);
  return ['exportpoll', 'start', shellWord(name ?? account.name), ...flags, ...words].join(' ');
}
