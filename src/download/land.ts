import { chmod, rename } from 'node:fs/promises';

import { onDisk } from './disk-errors.ts';
import { renameNew } from './durable.ts';

/** Files that nobody else needs to hide: what a newly created file would have. */
const FILE_MODE = 0o666;

/**
 * Gives a complete file its final name, in the same directory. With `replace` it takes the place of what is there, in
 * one step; without, it resolves with false when something has appeared there meanwhile. `settle` forces the directory's
 * names to the disk.
 */
export async function land(
  temporary: string,
  path: string,
  options: { replace: boolean; umask: number; settle: () => Promise<void> },
): Promise<boolean> {
  return await onDisk(path, async () => {
    await chmod(temporary, FILE_MODE & ~options.umask);
    if (options.replace) {
      await rename(temporary, path);
    } else if (!(await renameNew(temporary, path))) {
      return false;
    }
    await options.settle();
    return true;
  });
}
