import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { packageFile } from '../package-file.ts';

/** The built-in profiles are files of the same language that users write; they ship beside the program. */
export const BUILTIN_DIRECTORY = fileURLToPath(packageFile('profiles/'));

/** The text of a built-in profile, with its comments. */
export function builtinText(name: string): string {
  return readFileSync(`${BUILTIN_DIRECTORY}${name}.yaml`, 'utf8');
}
