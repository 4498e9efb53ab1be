import { constants, lstat, open } from 'node:fs/promises';

/**
 * The text of a small file that this program has written; `undefined` when there is none, or something that it would
 * not have put there: a link, a pipe or a device, which could be read for ever, or more than `maxBytes`.
 */
export async function readSmall(path: string, maxBytes: number): Promise<string | undefined> {
  try {
    // Before it is opened, which a device may notice.
    if (!(await lstat(path)).isFile()) return undefined;
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      return found.isFile() && found.size <= maxBytes ? await handle.readFile('utf8') : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}

/** For a record of one file or process. */
export const SMALL_BYTES = 1024 * 1024;
/** For a record of every file of an export: half a kilobyte each, and there may be hundreds of thousands. */
export const LIST_BYTES = 512 * 1024 * 1024 - 1024;
