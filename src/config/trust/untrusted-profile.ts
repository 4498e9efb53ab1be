import { ConfigError } from '../../errors.ts';
import type { Profile } from '../../profiles/schema.ts';
import { isSafePattern } from './safe-pattern.ts';

/** Throws ConfigError for a profile that was found and could keep the program busy for ever. */
export function refuseSlowPatterns(profile: Profile, where: string): void {
  const patterns = [
    profile.id.pattern,
    ...Object.values(profile.variables).map(({ pattern }) => pattern),
    ...Object.values(profile.start?.parameters ?? {}).map(({ pattern }) => pattern),
  ];
  const slow = patterns.find((pattern) => pattern !== undefined && !isSafePattern(pattern));
  if (slow === undefined) return;
  throw new ConfigError(`${where} has a pattern that may take forever to match: ${slow}`, {
    hint: 'repeat no group that has a repetition or an alternative in it, and write {1,64} for + and *',
  });
}

/** A file that redefines a provider cannot make its secrets plain text, which would be shown, and put into URLs. */
export function keepSecrets(profile: Profile, trusted: Profile | undefined): Profile {
  const variables = Object.entries(profile.variables).map(
    ([name, variable]) =>
      [name, { ...variable, secret: variable.secret || isSecretIn(trusted, name) }] as const,
  );
  return { ...profile, variables: Object.fromEntries(variables) };
}

function isSecretIn(profile: Profile | undefined, name: string): boolean {
  if (profile === undefined || !Object.hasOwn(profile.variables, name)) return false;
  return profile.variables[name]?.secret === true;
}
