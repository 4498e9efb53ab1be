import type { Account } from '../../account.ts';
import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import { credentialOrigins } from '../../profiles/origins.ts';
import { complaints } from '../complaints.ts';
import type { ConfigFile } from '../config-file.ts';
import { destinations } from './destinations.ts';
import { flags } from '../flags.ts';
import { isInterpolated, variablesIn } from '../interpolate.ts';
import type { Binding, ProviderPlan } from '../providers.ts';
import { providersWithSecret, trustedOrigins } from './trusted-origins.ts';

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
  return complaints(keys, (key) => `${file.at(key)} names a program to run; ${trustHint(file)}`).map(
    (complaint) => new ConfigError(complaint),
  );
}

/** Nor may it say where the outcome of a run is told: that is a request to a host, or a file, of its own choice. */
export function reportsNamed(file: ConfigFile): ConfigError[] {
  if (file.kind !== 'project') return [];
  const named = flags.filter(
    ({ trustedOnly, name }) => trustedOnly === true && file.data[name] !== undefined,
  );
  return named.map(
    ({ name }) => new ConfigError(`${file.at([name])} says where runs are reported to; ${trustHint(file)}`),
  );
}

/**
 * Nor may such a file send what it does not hold itself to an origin of its own choice:
 *
 *     a secret in the file itself                                to any origin
 *     a secret from the environment, a file or the user file,
 *     or anything else that the file takes from the environment  to origins that are trusted with it
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
  const reached = reachedBy(plan, account, file);
  if (plan.profileFile === file && linksCanTell(plan, file)) reached.add('wherever its links lead');
  const lent = [...plan.bindings].flatMap(([variable, binding]) => {
    if (!isLent(plan, variable, file)) return [];
    const trusted = isSecretAsText(plan, variable, binding, files, context)
      ? new Set<string>()
      : trustedOrigins(plan, binding, files, context);
    const chosen = [...reached].filter((origin) => !trusted.has(origin));
    return chosen.length === 0 ? [] : [{ what: `${variable} (${binding.at})`, chosen }];
  });
  if (lent.length === 0) return [];
  const what = lent.map((one) => one.what).join(', ');
  const chosen = [...new Set(lent.flatMap((one) => one.chosen))];
  return [lending(file.at(['providers', plan.name]), what, chosen, file)];
}

/**
 * Nor may it start an export with something from the environment: a provider takes addresses to call back and mail
 * addresses as parameters, and so would send it anywhere.
 */
export function parameterTaken(file: ConfigFile, at: string, value: string): ConfigError | undefined {
  const taken = variablesIn(value);
  if (file.kind !== 'project' || taken.length === 0) return undefined;
  return new ConfigError(`${at} takes ${taken.join(', ')} from the environment; ${trustHint(file)}`);
}

function reachedBy(plan: ProviderPlan, account: Account, file: ConfigFile): Set<string> {
  return new Set(plan.profileFile === file ? destinations(account) : credentialOrigins(account));
}

function lending(at: string, what: string, chosen: readonly string[], file: ConfigFile): ConfigError {
  const reason = 'which neither the built-in profile nor your own configuration names for it';
  return new ConfigError(`${at} would send ${what} to ${chosen.join(', ')}, ${reason}; ${trustHint(file)}`);
}

/** Whether a project file makes plain text, and so a part of addresses, of what the user's own file takes as a secret. */
function isSecretAsText(
  { profile }: ProviderPlan,
  variable: string,
  { file, value }: Binding,
  files: readonly ConfigFile[],
  context: Context,
): boolean {
  if (file?.kind !== 'project' || typeof value !== 'string') return false;
  if (profile.variables[variable]?.secret === true) return false;
  const own = files.filter(({ kind }) => kind !== 'project');
  return variablesIn(value).some((name) => providersWithSecret(name, own, context).length > 0);
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
  const { files, followUps } = plan.profile;
  const mayLeadAnywhere =
    files.some(({ url }) => url !== undefined) ||
    [...files, ...followUps].some(({ next }) => typeof next === 'string');
  if (!mayLeadAnywhere) return false;
  return [...plan.bindings].some(
    ([variable, binding]) =>
      plan.profile.variables[variable]?.secret !== true &&
      (variable === 'baseUrl' ? isTakenBy(file, binding) : isLent(plan, variable, file)),
  );
}

/** What to do about a file that may not do what it asks for. */
export function trustHint({ path }: Pick<ConfigFile, 'path'>): string {
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
