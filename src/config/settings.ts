import type { Context } from '../context.ts';
import { ConfigError, messageOf, UsageError } from '../errors.ts';
import type { ConfigFile } from './config-file.ts';
import { flags, type Flag } from './flags.ts';
import { fromEnvironment, type Environment } from './interpolate.ts';
import { locate } from './paths.ts';
import type { ExportEntry } from './schema.ts';
import type { Settings } from '../settings.ts';
import { yesOrNo } from './values.ts';

/** What somebody said about a setting. */
interface Statement {
  /** As a user writes it; known to be readable by the flag's `parse`. */
  readonly text: string;
  /** `flag --output`, `env EXPORTPOLL_OUTPUT`, the path of a file, or `default`. */
  readonly from: string;
  /** What a relative path in it is relative to. */
  readonly directory: string;
}

/** One place that settings come from. */
export type Layer = (flag: Flag) => Statement | undefined;

/** An effective value, for people to see where it comes from. */
export interface Sourced {
  /** As in a configuration file: `output`, `providers.webadmit.apiKey`. */
  readonly key: string;
  /** Secrets masked. */
  readonly value: string;
  readonly from: string;
}

/** The settings that hold when the first of `layers` that says something about a setting decides it. */
export function settle(layers: readonly Layer[], home: string): { settings: Settings; sources: Sourced[] } {
  const settings: Record<string, unknown> = {};
  const sources: Sourced[] = [];
  for (const flag of flags) {
    const statement = first(layers, flag);
    if (statement === undefined) {
      const value = flag.decidedBy === undefined ? 'none' : `(${flag.decidedBy})`;
      sources.push({ key: flag.name, value, from: 'default' });
      continue;
    }
    const value = flag.key === 'output' ? outputOf(statement, home) : flag.parse(statement.text);
    settings[flag.key] = value;
    const shown = typeof value === 'string' ? value : statement.text;
    sources.push({ key: flag.name, value: flag.secret ? '***' : shown, from: statement.from });
  }
  return { settings: settings as unknown as Settings, sources };
}

/** What commander read: raw text and booleans under the flags' names. Throws UsageError for what cannot be read. */
export function commandLine(raw: Readonly<Record<string, unknown>>, { cwd }: Context): Layer {
  const statements = new Map<Flag, Statement>();
  for (const flag of flags) {
    const text = Object.hasOwn(raw, flag.name) ? commandLineText(flag, raw[flag.name]) : undefined;
    if (text === undefined) continue;
    const problem = complaint(flag, text);
    if (problem !== undefined) throw new UsageError(refusal(flag, `${flag.long} `, text, problem));
    statements.set(flag, { text, from: `flag ${flag.long}`, directory: cwd });
  }
  return (flag) => statements.get(flag);
}

/** The flags' twins in the environment, and what is wrong with some. */
export function environmentLayer({ env, cwd }: Context): { layer: Layer; problems: ConfigError[] } {
  const statements = new Map<Flag, Statement>();
  const problems: ConfigError[] = [];
  for (const flag of flags) {
    const found = flag.key === 'color' ? colorIn(env) : twinIn(env, flag);
    if (found === undefined) continue;
    const problem = found.problem ?? complaint(flag, found.text);
    if (problem === undefined) {
      statements.set(flag, { text: found.text, from: `env ${found.name}`, directory: cwd });
    } else {
      problems.push(new ConfigError(refusal(flag, `${found.name}=`, found.text, problem)));
    }
  }
  return { layer: (flag) => statements.get(flag), problems };
}

/** What a configuration file says at its top level, or in one entry under its `exports:`. */
export function fileLayer({ path, kind, directory, data }: ConfigFile, entry?: ExportEntry): Layer {
  const settings = entry ?? data;
  return ({ name, trustedOnly }) => {
    // That it is there is a problem of its own; whatever is done in spite of it does not use the value.
    const text = trustedOnly === true && kind === 'project' ? undefined : settings[name];
    return text === undefined ? undefined : { text, from: path, directory };
  };
}

/** What holds when nobody says anything. */
export function defaultLayer({ cwd }: Context): Layer {
  return ({ defaultText }) =>
    defaultText === undefined ? undefined : { text: defaultText, from: 'default', directory: cwd };
}

function first(layers: readonly Layer[], flag: Flag): Statement | undefined {
  for (const layer of layers) {
    const statement = layer(flag);
    if (statement !== undefined) return statement;
  }
  return undefined;
}

function outputOf({ text, directory }: Statement, home: string): string {
  return text === '-' ? text : locate(text, directory, home);
}

function refusal({ secret }: Flag, name: string, text: string, problem: string): string {
  return `${name}${secret ? '***' : text}: ${problem}`;
}

function complaint(flag: Flag, text: string): string | undefined {
  try {
    flag.parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function commandLineText(flag: Flag, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'boolean') return undefined;
  // `--no-color` arrives as `color: false`, its absence as `color: true`.
  if (flag.key === 'color') return value ? undefined : 'never';
  return String(value);
}

interface Found {
  readonly name: string;
  readonly text: string;
  /** What is wrong with it, where the text is not the flag's own. */
  readonly problem?: string;
}

function twinIn(env: Environment, { env: name }: Flag): Found | undefined {
  const text = fromEnvironment(env, name);
  return text === undefined ? undefined : { name, text };
}

/** Our own twin, then what Node itself looks at: FORCE_COLOR before NO_COLOR (https://no-color.org). */
function colorIn(env: Environment): Found | undefined {
  const own = fromEnvironment(env, 'EXPORTPOLL_NO_COLOR');
  if (own !== undefined) return twinOfNoColor('EXPORTPOLL_NO_COLOR', own);
  const forced = fromEnvironment(env, 'FORCE_COLOR');
  if (forced !== undefined)
    return { name: 'FORCE_COLOR', text: /^(0|false)$/.test(forced) ? 'never' : 'always' };
  return fromEnvironment(env, 'NO_COLOR') === undefined ? undefined : { name: 'NO_COLOR', text: 'never' };
}

function twinOfNoColor(name: string, text: string): Found {
  try {
    return { name, text: yesOrNo(text) ? 'never' : 'auto' };
  } catch (error) {
    return { name, text, problem: messageOf(error) };
  }
}
