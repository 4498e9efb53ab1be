import { ConfigError } from '../../errors.ts';
import { authVariables } from '../../profiles/auth.ts';
import type { AuthEntry, Profile } from '../../profiles/schema.ts';
import { templateVariables } from '../../profiles/template.ts';
import { environmentName } from '../providers.ts';
import type { Account } from '../../account.ts';

/**
 * The way to prove who asks: the first in the profile whose variables are all set. Throws ConfigError that says how
 * to set what is missing, also when a URL of the profile needs a variable that is not set.
 */
export function requireCredentials(account: Account): AuthEntry {
  const complaints = missingCredentials(account);
  const entry = usableEntry(account);
  if (entry === undefined || complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  return entry;
}

/** What the account lacks to be used, a sentence for each kind, with how to set it. */
export function missingCredentials(account: Account): string[] {
  const { name, profile } = account;
  const missing = requiredVariables(profile, (variable) => isSet(account, variable));
  const complaints: string[] = [];
  if (missing.length > 0) complaints.push(needs(name, [missing]));
  if (usableEntry(account) === undefined) complaints.push(needs(name, profile.auth.map(authVariables)));
  return complaints;
}

function usableEntry(account: Account): AuthEntry | undefined {
  return account.profile.auth.find((entry) =>
    authVariables(entry).every((variable) => isSet(account, variable)),
  );
}

function isSet({ variables, secrets }: Account, name: string): boolean {
  return Object.hasOwn(variables, name) || Object.hasOwn(secrets, name);
}

/** The variables without which some URL of the profile cannot be built; for an unset default, those in it. */
function requiredVariables(profile: Profile, isSet: (name: string) => boolean): string[] {
  const used = [
    'baseUrl',
    ...[profile.status, ...profile.followUps].flatMap(({ request }) => templateVariables(request.url)),
    ...profile.files.flatMap(({ template = '' }) => templateVariables(template)),
  ];
  const missing = new Set<string>();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    if (visited.has(name) || isSet(name) || !Object.hasOwn(profile.variables, name)) return;
    visited.add(name);
    const inner = templateVariables(profile.variables[name]?.default ?? '').filter(
      (needed) => !isSet(needed),
    );
    if (inner.length === 0) missing.add(name);
    for (const needed of inner) visit(needed);
  };
  used.forEach(visit);
  return [...missing];
}

function needs(provider: string, alternatives: readonly (readonly string[])[]): string {
  const either = (name: (variable: string) => string): string =>
    alternatives.map((variables) => variables.map(name).join(' and ')).join(', or ');
  const keys = either((variable) => `providers.${provider}.${variable}`);
  const names = either((variable) => environmentName(provider, variable));
  return `${provider} needs ${either((variable) => variable)}: set ${names}, or ${keys} in the configuration`;
}
