import { createHash } from 'node:crypto';

import { messageOf, UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { fillDates } from './date-words.ts';
import { evaluateText } from './expression.ts';
import { describeParameter, isEmpty, isObject, readValue, type Parameters } from './parameter-value.ts';
import type { Profile, StartEntry } from './schema.ts';
import { startExample } from './start-example.ts';

/** What a new export of an account is asked with: the parameters as they were given, and how they are to be read. */
interface Given {
  readonly account: {
    readonly name: string;
    readonly profile: Pick<Profile, 'name'>;
    readonly variables: Readonly<Record<string, string>>;
  };
  /** Of the entry under `exports:` that it is of. */
  readonly name?: string;
  readonly start: StartEntry;
  readonly parameters: Parameters;
  /** Where one of them stands in a file, for messages; `undefined` for what the command line gives. */
  readonly placeOf?: (parameter: string) => string | undefined;
  /** What a command line for the same needs besides, fit for a shell. */
  readonly flags?: readonly string[];
}

/** What is wrong with a parameter; `what` goes on after its name. */
export interface ParameterProblem {
  readonly name: string;
  /** `missing`: required, and not given. */
  readonly kind: 'unknown' | 'missing' | 'refused';
  readonly what: string;
}

/**
 * The parameters as the request sees them: date words filled in as of `now` (ms), types as the profile wants them; and
 * everything that is wrong with them.
 */
export function checkParameters(
  { account: { variables }, start, parameters }: Given,
  now: number,
): { read: Parameters; problems: ParameterProblem[] } {
  const known = Object.keys(start.parameters);
  const problems: ParameterProblem[] = (start.others ? [] : Object.keys(parameters))
    .filter((name) => !known.includes(name))
    .map((name) => ({ name, kind: 'unknown', what: `is no parameter${didYouMean(name, known)}` }));
  // Without a prototype expressions find nothing in it but parameters.
  const read = Object.create(null) as Record<string, unknown>;
  const zone = evaluateText(start.timeZone, { vars: variables, params: parameters });
  for (const name of new Set([...known, ...Object.keys(parameters)])) {
    const entry = Object.hasOwn(start.parameters, name) ? start.parameters[name] : undefined;
    const own = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    // To a profile that lists it, null says nothing; others pass on what they are given.
    const value = own === undefined || (own === null && entry !== undefined) ? entry?.default : own;
    try {
      if (entry?.required === true && isEmpty(value)) {
        problems.push({ name, kind: 'missing', what: `is missing: ${describeParameter(entry)}` });
      } else if (value !== undefined) read[name] = readValue(fillDates(value, now, zone), entry);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push({ name, kind: 'refused', what: messageOf(error) });
    }
  }
  return { read, problems };
}

/** As `checkParameters`. Throws UsageError with everything that is wrong with them, before anything is sent. */
export function readParameters(given: Given, now: number): Parameters {
  const { account } = given;
  const { read, problems } = checkParameters(given, now);
  if (problems.length === 0) return read;
  const told = problems.map(({ name, what }) => `"${name}" ${what}`);
  throw new UsageError(`a new export of ${account.profile.name}: ${told.join('\n')}`, {
    hint: wayOut(given, problems),
  });
}

/** What to do about problems: no flag takes away what stands in a file. */
function wayOut(given: Given, problems: readonly ParameterProblem[]): string {
  const { account, start, placeOf } = given;
  const shows = `\`exportpoll providers ${account.name}\` shows all that it takes`;
  const misplaced = problems.flatMap(({ name, kind }) => (kind === 'unknown' ? (placeOf?.(name) ?? []) : []));
  if (misplaced.length > 0) return [...misplaced.map((place) => `correct ${place}`), shows].join('\n');
  if (problems.some(({ kind }) => kind === 'missing')) return `for example: ${startExample(given)}\n${shows}`;
  const known = Object.keys(start.parameters).join(', ');
  return `it takes ${known}; give them with --param NAME=VALUE, or as JSON with --data FILE`;
}

const ELSEWHEN_MS = 400 * 86_400_000;

/** Whether the parameters are others in another year: a date word in them, or in a default, says what they are for. */
export function isDated(given: Given, now: number): boolean {
  const hashAt = (at: number): string => hashParameters(readParameters(given, at));
  return hashAt(now) !== hashAt(now + ELSEWHEN_MS);
}

/** Tells one set of parameters from another, whatever the order of their names; the values do not show in it. */
export function hashParameters(parameters: Parameters): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(parameters)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return names.map((name) => [name, sorted(value[name])]);
}
