import { createHash } from 'node:crypto';

import { messageOf, UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { fillDateWords } from './date-words.ts';
import { evaluateText } from './expression.ts';
import type { ParameterEntry, Profile, StartEntry } from './schema.ts';

/** Parameters of an export: text, numbers, lists and objects, as JSON has them. */
export type Parameters = Readonly<Record<string, unknown>>;

/** What a new export of an account is asked with: the parameters as they were given, and how they are to be read. */
interface Given {
  readonly account: {
    readonly profile: Pick<Profile, 'name'>;
    readonly variables: Readonly<Record<string, string>>;
  };
  readonly start: StartEntry;
  readonly parameters: Parameters;
}

/**
 * The parameters as the request sees them: date words filled in as of `now` (ms), types as the profile wants them.
 * Throws UsageError with everything that is wrong with them, before anything is sent.
 */
export function readParameters({ account, start, parameters }: Given, now: number): Parameters {
  const { profile, variables } = account;
  const known = Object.keys(start.parameters);
  const problems: string[] = [];
  // Without a prototype expressions find nothing in it but parameters.
  const read = Object.create(null) as Record<string, unknown>;
  for (const name of start.others ? [] : Object.keys(parameters)) {
    if (!known.includes(name)) problems.push(`"${name}" is no parameter${didYouMean(name, known)}`);
  }
  const zone = evaluateText(start.timeZone, { vars: variables, params: parameters });
  for (const name of new Set([...known, ...Object.keys(parameters)])) {
    const entry = Object.hasOwn(start.parameters, name) ? start.parameters[name] : undefined;
    const given = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    // To a profile that lists it, null says nothing; others pass on what they are given.
    const value = given === undefined || (given === null && entry !== undefined) ? entry?.default : given;
    try {
      if (entry?.required === true && isEmpty(value)) {
        problems.push(`"${name}" is missing: ${described(entry)}`);
      } else if (value !== undefined) read[name] = readValue(withDates(value, now, zone), entry);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      problems.push(`"${name}" ${messageOf(error)}`);
    }
  }
  if (problems.length === 0) return read;
  throw new UsageError(`a new export of ${profile.name}: ${problems.join('\n')}`, {
    hint: `it takes ${known.join(', ')}; give them with --param NAME=VALUE, or as JSON with --data FILE`,
  });
}

/** Parameters from `NAME=VALUE`, in their order: a name that occurs again makes a list; `a.b` is `b` of the object `a`. */
export function parametersFromText(texts: readonly string[], { parameters: known }: StartEntry): Parameters {
  const given: Record<string, unknown> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageError(`--param ${text}: must be NAME=VALUE`);
    const name = text.slice(0, at);
    const [head = '', ...path] = name.split('.');
    const isNested = path.length > 0 && !Object.hasOwn(known, name) && known[head]?.type === 'object';
    put(given, isNested ? [head, ...path] : [name], text.slice(at + 1));
  }
  return given;
}

/** Tells one set of parameters from another, whatever the order of their names; the values do not show in it. */
export function hashParameters(parameters: Parameters): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(parameters)))
    .digest('hex');
}

function put(into: Record<string, unknown>, [name = '', ...path]: readonly string[], value: string): void {
  if (name === '__proto__') throw new UsageError(`--param ${name}: is no parameter`);
  const there = Object.hasOwn(into, name) ? into[name] : undefined;
  if (path.length > 0) {
    if (there !== undefined && !isObject(there)) {
      throw new UsageError(`--param ${name}.${path.join('.')}: ${name} already has a value of its own`);
    }
    const inner = there ?? {};
    put(inner, path, value);
    into[name] = inner;
  } else if (there === undefined) into[name] = value;
  else into[name] = Array.isArray(there) ? [...(there as unknown[]), value] : [there, value];
}

function readValue(value: unknown, entry: ParameterEntry | undefined): unknown {
  if (entry === undefined) return value;
  const read = typed(value, entry.type);
  if (entry.pattern === undefined) return read;
  const pattern = new RegExp(`^(?:${entry.pattern})$`, 'u');
  const odd = (Array.isArray(read) ? read : [read]).find((element) => !pattern.test(String(element)));
  if (odd !== undefined) throw new RangeError(`cannot be "${String(odd)}": it is ${described(entry)}`);
  return read;
}

function typed(value: unknown, type: ParameterEntry['type']): unknown {
  switch (type) {
    case 'text':
      if (isObject(value)) throw new RangeError('must be text, not an object');
      if (Array.isArray(value)) throw new RangeError('must be one text, not a list');
      return String(value);
    case 'list':
      if (isObject(value)) throw new RangeError('must be a list, not an object');
      return listed(Array.isArray(value) ? value : String(value).split(','));
    case 'number': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw new RangeError('must be a number');
      return number;
    }
    case 'boolean':
      if (!/^(true|false)$/.test(String(value))) throw new RangeError('must be true or false');
      return String(value) === 'true';
    case 'object':
      if (!isObject(value)) throw new RangeError('must be an object: give its members as NAME.MEMBER=VALUE');
      return value;
  }
}

/** The elements without the blanks that people write after a comma. */
function listed(elements: readonly unknown[]): unknown[] {
  const trimmed = elements.map((element) => (typeof element === 'string' ? element.trim() : element));
  if (trimmed.some((element) => element === '' || element === null)) {
    throw new RangeError('has an empty element');
  }
  return trimmed;
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'string') return value.trim() === '';
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** The value with the date words in all of its texts filled in. */
function withDates(value: unknown, now: number, zone: string | undefined): unknown {
  if (typeof value === 'string') return fillDateWords(value, now, zone);
  if (Array.isArray(value)) return value.map((element) => withDates(element, now, zone));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withDates(inner, now, zone)]),
  );
}

function described({ description, example }: ParameterEntry): string {
  return example === undefined ? description : `${description}, such as ${example}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return names.map((name) => [name, sorted(value[name])]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
