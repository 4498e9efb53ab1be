import { stat } from 'node:fs/promises';

import type { Context } from '../context.ts';
import { ConfigError } from '../errors.ts';
import { loadBuiltin } from '../profiles/load.ts';
import { openAccount, withDefaults } from './accounts.ts';
import { destinations } from './destinations.ts';
import { isInterpolated } from './interpolate.ts';
import type { ConfigFile } from './load.ts';
import { credentialOrigins } from '../profiles/origins.ts';
import { planProvider, providerNames, type Binding, type ProviderPlan } from './providers.ts';
import type { Account } from '../account.ts';

/** A file that was found by search may have come with somebody's repository: it may not name programs to run. */
export function programsNamed(file: ConfigFile): ConfigError[] {
  if (file.kind !== 'project') return [];
  const { exec, exports, providers } = file.data;
  const keys: string[][] = [];
  if (exec !== undefined) keys.push(['exec']);
  for (const [name, entry] of Object.entries(exports)) {
    if (entry.exec !== undefined) keys.push(['exports', name, 'exec']);
  }
  for (const [name, entry] of Object.entries(providers)) {
    for (const [variable, value] of Object.entries(entry)) {
      if (variable !== 'profile' && typeof value === 'object' && 'command' in value) {
        keys.push(['providers', name, variable, 'command']);
      }
    }
  }
  return keys.map((key) => new ConfigError(`${file.at(key)} names a program to run; ${trustHint(file)}`));
}

/**
 * Nor may such a file send what it does not hold itself to an origin of its own choice:
 *
 *     a secret in the file itself                                to any origin
 *     a secret from the environment, a file or the user file,
 *     or anything else that the file takes from the environment  to origins that the built-in profile, the user
 *                                                                file or the environment names
 *
 * Where the profile, too, is the file's own, every variable that it does not hold is taken for a secret, whatever the
 * profile calls it, and every address of the profile for one that it goes to.
 */
export function secretsLent(
  plan: ProviderPlan,
  account: Account,
  files: readonly ConfigFile[],
  context: Context,
): ConfigError[] {
  const file = files.find(({ kind }) => kind === 'project');
  if (file === undefined) return [];
  const lent = [...plan.bindings].filter(([variable]) => isLent(plan, variable, file));
  if (lent.length === 0) return [];
  const trusted = trustedOrigins(plan, files, context);
  const reached = plan.profileFile === file ? destinations(account) : credentialOrigins(account);
  const chosen = [...reached].filter((origin) => !trusted.has(origin));
  if (plan.profileFile === file && linksCanTell(plan, file)) chosen.push('wherever its links lead');
  if (chosen.length === 0) return [];
  const what = lent.map(([variable, { at }]) => `${variable} (${at})`).join(', ');
  const reason = 'which neither the built-in profile nor your own configuration names';
  return [
    new ConfigError(
      `${file.at(['providers', plan.name])} would send ${what} to ${chosen.join(', ')}, ${reason}; ${trustHint(file)}`,
    ),
  ];
}

/** What to say about a file that others can read and that holds a secret in clear; `undefined` when it is well kept. */
export async function readableSecret(
  file: ConfigFile,
  plans: readonly ProviderPlan[],
  { platform }: Context,
): Promise<string | undefined> {
  if (platform === 'win32') return undefined;
  const [literal] = plans.flatMap(({ name, profile, bindings }) =>
    [...bindings].flatMap(([variable, binding]) =>
      profile.variables[variable]?.secret === true && isHeldBy(file, binding)
        ? [['providers', name, variable]]
        : [],
    ),
  );
  if (literal === undefined) return undefined;
  const { mode } = await stat(file.path);
  if ((mode & 0o044) === 0) return undefined;
  return `${file.at(literal)} is a secret in a file that others can read: chmod 600 ${file.path}`;
}

/** Whether the project file uses what the variable is bound to without having it. */
export function isLent(
  { profile, profileFile, bindings }: ProviderPlan,
  variable: string,
  file: ConfigFile,
): boolean {
  const binding = bindings.get(variable);
  if (binding === undefined) return false;
  const guarded = profileFile === file || profile.variables[variable]?.secret === true;
  return guarded ? !isHeldBy(file, binding) : isTakenBy(file, binding);
}

/**
 * Expressions see every variable that is no secret, and those that give links may put one into an address of any host.
 * The API root is an address already, unless the file made it of something else.
 */
function linksCanTell(plan: ProviderPlan, file: ConfigFile): boolean {
  if (plan.profile.files.every(({ url }) => url === undefined)) return false;
  return [...plan.bindings].some(
    ([variable, binding]) =>
      plan.profile.variables[variable]?.secret !== true &&
      (variable === 'baseUrl' ? isTakenBy(file, binding) : isLent(plan, variable, file)),
  );
}

/** What to do about a file that may not do what it asks for. */
export function trustHint({ path }: ConfigFile): string {
  return `a file found by search may not. If you trust it, pass it with --config ${path}`;
}

/** A secret that stands in the file, letter by letter. */
function isHeldBy(file: ConfigFile, { value, file: source }: Binding): boolean {
  return source === file && typeof value === 'string' && !isInterpolated(value);
}

/** Something that the file takes from the environment, which may be anybody's secret whatever it is used as. */
function isTakenBy(file: ConfigFile, { value, file: source }: Binding): boolean {
  return source === file && typeof value === 'string' && isInterpolated(value);
}

/** Where this provider's credentials might go if the project file were not there. */
function trustedOrigins(plan: ProviderPlan, files: readonly ConfigFile[], context: Context): Set<string> {
  const own = files.filter(({ kind }) => kind !== 'project');
  const origins = new Set<string>();
  const add = (more: ReadonlySet<string>): void => more.forEach((origin) => origins.add(origin));
  if (plan.builtin !== undefined) {
    const profile = loadBuiltin(plan.builtin);
    add(credentialOrigins({ profile, variables: withDefaults(profile, {}) }));
  }
  for (const name of [plan.name, plan.builtin]) {
    if (name === undefined || !providerNames(own).includes(name)) continue;
    try {
      add(credentialOrigins(openAccount(planProvider(name, own, context), context)));
    } catch (error) {
      // What cannot be opened without the project file names no origin.
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  const baseUrl = plan.bindings.get('baseUrl');
  if (baseUrl !== undefined && baseUrl.file === undefined && URL.canParse(baseUrl.value)) {
    origins.add(new URL(baseUrl.value).origin);
  }
  return origins;
}
