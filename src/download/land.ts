import { chmod, link, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { onDisk } from './disk-errors.ts';
import { syncDirectory } from './durable.ts';

/** Files that nobody else needs to hide: what a newly created file would have. */
const FILE_MODE = 0o666;

/**
 * Gives a complete file its final name, in the same directory. With `replace` it takes the place of what is there, in
 * one step; without, it resolves with false when something has appeared there meanwhile.
 */
export async function land(
  temporary: string,
  path: string,
  options: { replace: boolean; umask: number },
): Promise<boolean> {
  return await onDisk(path, async () => {
    await chmod(temporary, FILE_MODE & ~options.umask);
    if (options.replace) {
      await rename(temporary, path);
    } else if (!(await linkNew(temporary, path))) {
      return false;
    }
    await syncDirectory(dirname(path));
    return true;
  });
}

/** A rename that never replaces: link and unlink, which is atomic where links exist. */
async function linkNew(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'ENOSYS' && code !== 'EXDEV') throw error;
    // A file system without hard links: the best that is left is to look first.
    if (await exists(path)) return false;
    await rename(temporary, path);
    return true;
  }
  await rm(temporary, { force: true });
  return true;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
