import { readFileSync } from 'node:fs';

import type { Context } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import { checkProfile } from '../../profiles/load.ts';
import type { Profile } from '../../profiles/schema.ts';
import type { ConfigFile } from '../config-file.ts';
import { parseYaml, place } from './parse.ts';
import { locate, requireSmallFile, whyUnreadable } from '../paths.ts';
import type { ProviderEntry } from '../schema.ts';

/**
 * The profile that stands at `key` in a file, or in the file that is named there. Throws ConfigError, which never quotes
 * it.
 */
export function ownProfile(
  profile: NonNullable<ProviderEntry['profile']>,
  file: Pick<ConfigFile, 'directory' | 'at'>,
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
    const why = `${where === path ? '' : `${path}: `}${whyUnreadable(error)}`;
    throw new ConfigError(`${where} cannot be read: ${why}`, { cause: error });
  }
  const { data, lineOf } = parseYaml(text, path);
  return checkProfile(data, path, (inner) => place(path, lineOf(inner), inner));
}
