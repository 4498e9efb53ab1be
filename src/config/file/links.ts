import { realpathSync, statSync } from 'node:fs';

import { ConfigError } from '../../errors.ts';
import { isInside, projectDirectories } from '../paths.ts';
import { trustHint } from '../trust/trust.ts';

/** Whether two names, through links or not, are of one file. */
export function isSameFile(one: string, other: string): boolean {
  const [first, second] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

/**
 * A file that was found in `directory` counts as holding what stands in it, and has its relative paths there: a link to
 * somebody else's file would bring their secrets to the profiles of its own. Throws ConfigError for a file that is, or
 * is reached through, a symbolic link to the outside of the repository, or where there is none, of the directory.
 */
export function requireOwnFile(path: string, directory: string, home: string): void {
  const top = projectDirectories(directory, home).at(-1);
  const tree = realpathSync(top === undefined || top === home ? directory : top);
  if (isInside(realpathSync(path), tree)) return;
  throw new ConfigError(
    `${path} is a symbolic link to the outside of ${tree}, or into .git; ${trustHint({ path })}`,
  );
}
