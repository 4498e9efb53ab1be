import { readFileSync } from 'node:fs';

import type { Context } from '../context.ts';
import { ConfigError, messageOf } from '../errors.ts';
import { checkProfile } from '../profiles/load.ts';
import type { Profile } from '../profiles/schema.ts';
import type { ConfigFile } from './load.ts';
import { parseYaml, place } from './parse.ts';
import { locate, requireSmallFile } from './paths.ts';
import { isSafePattern } from './safe-pattern.ts';
import type { ProviderEntry } from './schema.ts';

/**
 * The profile that stands at `key` in a file, or in the file that is named there. Throws ConfigError, which never quotes
 * it.
 */
export function ownProfile(
  profile: NonNullable<ProviderEntry['profile']>,
  file: ConfigFile,
  key: readonly string[],
  context: Context,
): Profile {
  const where = file.at(key);
  if (typeof profile !== 'string')
    return checkProfile(profile, where, (inner) => file.at([...key, ...inner]));
  return readProfile(locate(profile, file.directory, context.home), where);
}

/** The profile in a file of YAML or JSON; `where` names it when it cannot be read. Throws ConfigError. */
export function readProfile(path: string, where = path): Profile {
  let text: string;
  try {
    requireSmallFile(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${where} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const { data, lineOf } = parseYaml(text, path);
  return checkProfile(data, path, (inner) => place(path, lineOf(inner), inner));
}

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
