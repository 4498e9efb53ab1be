import { existsSync, readFileSync, statSync } from 'node:fs';

import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import { authVariables } from '../../profiles/auth.ts';
import { plainText, withDefaults } from './accounts.ts';
import { fromEnvironment } from '../interpolate.ts';
import { locate, requireSmallFile, whyUnreadable } from '../paths.ts';
import type { Binding, ProviderPlan } from '../providers.ts';

/** One `machine` of a .netrc file. */
export interface Login {
  readonly machine: string;
  login?: string;
  password?: string;
}

/**
 * The plan, its credentials taken from .netrc where nothing else gives them: from the first entry for exactly the host
 * of the API root, and for the login that is configured, if one is. Throws ConfigError for a file that others can read.
 */
export function withNetrc(plan: ProviderPlan, context: Context): ProviderPlan {
  const { profile, bindings } = plan;
  const wanted = Object.entries(profile.variables).filter(
    ([name, { netrc }]) => netrc !== undefined && !bindings.has(name),
  );
  // Who needs no credentials (`scheme: none`) may still have some.
  const isComplete = profile.auth
    .map(authVariables)
    .some((names) => names.length > 0 && names.every((name) => bindings.has(name)));
  const host = isComplete || wanted.length === 0 ? undefined : hostOf(plan, context);
  if (host === undefined) return plan;
  const path = netrcPath(context);
  const logins = Object.entries(profile.variables).flatMap(([name, { netrc }]) =>
    netrc === 'login' ? (textOf(bindings.get(name), context) ?? []) : [],
  );
  const found = readNetrc(path).find(
    ({ machine, login }) => machine.toLowerCase() === host && logins.every((name) => name === login),
  );
  if (found === undefined) return plan;
  requirePrivate(path, context);
  const at = `${path} (machine ${host})`;
  const taken = wanted.flatMap(([name, { netrc = 'login', secret }]): [string, Binding][] => {
    const value = found[netrc];
    if (value === undefined || value === '') return [];
    if (secret) context.redactor.add(value);
    return [[name, { source: 'netrc', value, at }]];
  });
  return { ...plan, bindings: new Map([...bindings, ...taken]) };
}

/** Entries in the order of the file; `default`, which is for any host, and macros are left out. */
export function parseNetrc(text: string): Login[] {
  const entries: Login[] = [];
  let entry: Login | undefined;
  let key: string | undefined;
  let inMacro = false;
  for (const line of text.split(/\r?\n/)) {
    if (inMacro) inMacro = line.trim() !== '';
    if (inMacro || /^\s*#/.test(line)) continue;
    for (const [token, quoted] of line.matchAll(/"((?:\\.|[^"\\])*)"|\S+/g)) {
      const word = quoted === undefined ? token : unescaped(quoted);
      if (key === 'machine') entries.push((entry = { machine: word }));
      else if (entry !== undefined && (key === 'login' || key === 'password')) entry[key] = word;
      if (key === undefined && word === 'default') entry = undefined;
      if (key === undefined && word === 'macdef') {
        inMacro = true;
        break;
      }
      key = key === undefined && /^(machine|login|password|account)$/.test(token) ? token : undefined;
    }
  }
  return entries;
}

/** As curl reads quoted words. */
function unescaped(quoted: string): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
  return quoted.replace(/\\(.)/g, (_, char: string) => escapes[char] ?? char);
}

/** In lower case, without the port; `undefined` while the API root is not known, or is none. */
function hostOf({ profile, bindings }: ProviderPlan, context: Context): string | undefined {
  const binding = bindings.get('baseUrl');
  const baseUrl = binding === undefined ? withDefaults(profile, {})['baseUrl'] : textOf(binding, context);
  return baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).hostname : undefined;
}

/** `undefined` for what is not set, or wrong: that is told elsewhere. */
function textOf(binding: Binding | undefined, context: Context): string | undefined {
  try {
    return binding && plainText(binding, context);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where curl and ftp look. */
function netrcPath({ env, cwd, home, platform }: Context): string {
  const named = fromEnvironment(env, 'NETRC');
  return named === undefined
    ? locate(platform === 'win32' ? '~/_netrc' : '~/.netrc', cwd, home)
    : locate(named, cwd, home);
}

function readNetrc(path: string): Login[] {
  if (!existsSync(path)) return [];
  try {
    requireSmallFile(path);
    return parseNetrc(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

function requirePrivate(path: string, { platform }: Context): void {
  if (platform === 'win32' || (statSync(path).mode & 0o077) === 0) return;
  throw new ConfigError(`${path}: holds passwords, and others may read it: chmod 600 ${path}`);
}
