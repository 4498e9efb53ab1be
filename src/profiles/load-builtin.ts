import { builtinText } from './builtin.ts';
import { parseProfile } from './load.ts';
import type { Profile } from './schema.ts';

/**
 * A built-in profile, by one of the `builtinNames`. In the place of this file scripts/bundle.mjs puts the profiles
 * themselves, read and checked: YAML and the schema take longer to load than all else that a short command does.
 */
export function loadBuiltin(name: string): Profile {
  return parseProfile(builtinText(name), `built-in profile ${name}`);
}
