import {
  compile,
  getRegisteredFunctions,
  registerFunction,
  TreeInterpreter,
  TYPE_ANY,
  TYPE_ARRAY_STRING,
  TYPE_STRING,
  type JSONValue,
} from '@jmespath-community/jmespath';

import { ConfigError, messageOf, ProtocolError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { refuseLarge } from './data-size.ts';
import { functionsIn, isLinear, rootsIn } from './expression-tree.ts';
import { withinTime } from './time-limit.ts';

/** What expressions see: an answer, the variables and the answers of follow-ups by name. */
export interface Scope {
  readonly vars: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** The longest that one expression may take, in ms. It takes microseconds, but the machine may be busy elsewhere. */
const LONGEST_MS = 3000;
/** No text that an expression makes is longer, in UTF-16 units: it becomes a name, a URL or a message. */
const LONGEST_TEXT = 10_000;
/** These make text of any length out of nothing. */
const REFUSED: ReadonlySet<string> = new Set(['pad_left', 'pad_right', 'replace']);

// So does a join, at every step twice as much.
registerFunction(
  'join',
  (given) => {
    const [glue, parts] = given as [string, string[]];
    const length = parts.reduce((sum, part) => sum + part.length + glue.length, 0);
    if (length > LONGEST_TEXT) throw new RangeError(`a text of ${length} characters`);
    return parts.join(glue);
  },
  [{ types: [TYPE_STRING] }, { types: [TYPE_ARRAY_STRING] }],
  { override: true },
);

// What is named many times over is written many times over.
registerFunction(
  'to_string',
  ([value]) => {
    if (typeof value === 'string') return value;
    refuseLarge(value);
    return JSON.stringify(value);
  },
  [{ types: [TYPE_ANY] }],
  { override: true },
);

interface Parsed {
  readonly tree: ReturnType<typeof compile>;
  readonly linear: boolean;
}

/** A profile has a few dozen expressions, each evaluated at every look. */
const parsed = new Map<string, Parsed>();

function parse(expression: string): Parsed {
  const known = parsed.get(expression);
  if (known !== undefined) return known;
  const tree = compile(expression);
  const made = { tree, linear: isLinear(tree) };
  parsed.set(expression, made);
  return made;
}

/** Throws ConfigError when `expression` is not JMESPath, or calls a function that there is not. */
export function checkExpression(expression: string): void {
  let called: string[];
  try {
    called = functionsIn(parse(expression).tree);
  } catch (error) {
    throw new ConfigError(`"${expression}" is not a JMESPath expression: ${messageOf(error)}`);
  }
  const known = getRegisteredFunctions().filter((name) => !REFUSED.has(name));
  const unknown = called.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new ConfigError(
    `"${expression}" calls ${unknown}(), which does not exist${didYouMean(unknown, known)}`,
  );
}

/** The names that an expression, which is JMESPath, looks up in its scope; see `rootsIn`. */
export function rootsOf(expression: string): string[] {
  return [...new Set(rootsIn(parse(expression).tree))];
}

/**
 * The value that a JMESPath expression picks, `undefined` for none. A function that is given the wrong type, as
 * `max(null)`, has picked nothing: answers lack fields all the time. Throws ProtocolError when it takes too long.
 */
export function evaluate(expression: string, scope: Scope): unknown {
  const { tree, linear } = parse(expression);
  // Without a prototype there is nothing to be reached that is not data.
  const vars: unknown = Object.assign(Object.create(null), scope.vars);
  const data = Object.assign(Object.create(null), scope, { vars }) as JSONValue;
  const search = (): unknown => TreeInterpreter.search(tree, data);
  try {
    return (linear ? search() : withinTime(search, LONGEST_MS)) ?? undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined;
    throw new ProtocolError(`the profile's expression "${expression}" takes too long`, { cause: error });
  }
}

/** The value as data to be sent. Throws ConfigError when it is too large for that. */
export function evaluateData(expression: string, scope: Scope): unknown {
  const value = evaluate(expression, scope);
  try {
    refuseLarge(value);
  } catch (error) {
    throw new ConfigError(`the profile's expression "${expression.slice(0, 200)}" gives ${messageOf(error)}`);
  }
  return value;
}

/** The value as text: strings and numbers only, trimmed, never empty. */
export function evaluateText(expression: string | undefined, scope: Scope): string | undefined {
  if (expression === undefined) return undefined;
  const value = evaluate(expression, scope);
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return undefined;
  return value.trim() === '' ? undefined : value.trim();
}

/** The value as a finite number; a string of digits counts. */
export function evaluateNumber(expression: string | undefined, scope: Scope): number | undefined {
  const text = evaluateText(expression, scope);
  if (text === undefined) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
