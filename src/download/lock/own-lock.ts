import { lstatSync, readFileSync, unlinkSync } from 'node:fs';
import { lstat } from 'node:fs/promises';

import { readSmall, SMALL_BYTES } from '../read-small.ts';

/*
 * A lock is its holder's while it says what the holder has written: the text names one process. Not by its inode, which
 * means nothing on some of the file systems that machines share.
 */

/** Whether the lock at `path`, which said `text`, is gone or another's. False where the disk does not tell. */
export async function isLost(path: string, text: string): Promise<boolean> {
  const said = await readSmall(path, SMALL_BYTES);
  if (said !== undefined) return said !== text;
  try {
    return !(await lstat(path)).isFile();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/**
 * Removes the lock at `path` if it says `text`. Synchronous: no system can look and remove in one step, and this is as
 * short as the moment gets in which another run could take it over.
 */
export function removeOwn(path: string, text: string): void {
  try {
    const found = lstatSync(path);
    if (!found.isFile() || found.size !== Buffer.byteLength(text)) return;
    if (readFileSync(path, 'utf8') === text) unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
