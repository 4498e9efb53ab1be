import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Forces a file's content to the disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Forces the names in a directory to the disk. Where the system cannot (Windows), renames are as good as it gets. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  try {
    await handle?.sync().catch(() => undefined);
  } finally {
    await handle?.close();
  }
}

/**
 * Writes a small file so that a reader, or a crash, sees either the old content or the new one, never a mixture. With
 * `durable` it has reached the disk when this resolves.
 */
export async function writeAtomically(
  path: string,
  text: string,
  { mode, durable }: { mode: number; durable: boolean },
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const handle = await open(temporary, 'w', mode);
    try {
      await handle.writeFile(text);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  if (durable) await syncDirectory(dirname(path));
}
