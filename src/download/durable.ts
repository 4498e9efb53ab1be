import type { Stats } from 'node:fs';
import { link, lstat, mkdir, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { CannotCreateError } from '../errors.ts';

/**
 * Creates a directory and those above it that are missing. Not `mkdir` with `recursive`, which never returns where a
 * directory exists and yet nothing can be created in it (below /proc, for one). Throws CannotCreateError where a file
 * stands in the way.
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const found = code === 'EEXIST' ? await statOf(path) : undefined;
    if (found?.isDirectory() === true) return;
    if (found !== undefined) {
      const hint = 'choose another directory with --output';
      throw new CannotCreateError(`${path} is not a directory`, { hint, cause: error });
    }
    const parent = dirname(path);
    const isAbove = code === 'ENOENT' || code === 'ENOTDIR';
    if (!isAbove || (await statOf(parent))?.isDirectory() === true) throw error;
    await makeDirectory(parent);
    // Not mkdir: another export of this run may have been faster.
    await makeDirectory(path);
  }
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await stat(path).catch(() => undefined);
}

/** What `open` says of a directory where that is not for directories, or for none that may only be written to. */
const CANNOT_OPEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EISDIR']);
/**
 * What `fsync` says of a directory where it is not for directories: EINVAL on Linux (fsync(2), CIFS before 4.17), EPERM
 * on Windows, EBADF as PostgreSQL knows it (fsync_fname), ENOTSUP and ENOENT of shares as restic knows them.
 */
const CANNOT_SYNC: ReadonlySet<string> = new Set([
  'EINVAL',
  'EPERM',
  'EBADF',
  'ENOENT',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);

/**
 * Forces the names in a directory to the disk. Where the system cannot (Windows), renames are as good as it gets. Rejects
 * when the disk has not taken them.
 */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(unless(CANNOT_OPEN));
  try {
    await handle?.sync().catch(unless(CANNOT_SYNC));
  } finally {
    await handle?.close();
  }
}

/** Throws an error again, but for those with one of the codes. */
function unless(codes: ReadonlySet<string>): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.has(error.code ?? '')) throw error;
  };
}

/** Where `path` is written first: hidden, as no server can name a file, and found again by the run after a crash. */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path).replace(/^\./, '')}.tmp`);
}

/**
 * Opens a new file for writing under a name that may be taken: by what a killed run has left, or by a link that
 * somebody has put there for us to follow.
 */
export async function openNew(path: string, mode: number, flags: 'wx' | 'ax+' = 'wx'): Promise<FileHandle> {
  try {
    return await open(path, flags, mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeFile(path);
    return await open(path, flags, mode);
  }
}

/** Removes a file, if it is there. Not `rm` with `force`, which asks the disk three times. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/**
 * Writes a small file so that a reader, or a crash, sees either the old content or the new one, never a mixture. With
 * `durable` it has reached the disk when this resolves. Only one run at a time may write to `draft`. Without `replace`
 * it resolves with false when something is there already.
 */
export async function writeAtomically(
  path: string,
  text: string,
  options: { mode: number; durable: boolean; draft?: string; replace?: boolean },
): Promise<boolean> {
  const { mode, durable, draft = draftOf(path), replace = true } = options;
  let done = true;
  try {
    const handle = await openNew(draft, mode);
    try {
      await handle.writeFile(text);
      if (durable) await handle.sync();
    } finally {
      await handle.close();
    }
    if (replace) await rename(draft, path);
    else done = await renameNew(draft, path);
  } catch (error) {
    await removeFile(draft);
    throw error;
  }
  if (!done) await removeFile(draft);
  else if (durable) await syncDirectory(dirname(path));
  return done;
}

/** A rename that never replaces: link and unlink, which is atomic where links exist. False when the name is taken. */
export async function renameNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!NO_LINKS.has(code)) throw error;
    // The best that is left is to look first.
    if ((await lstat(to).catch(() => undefined)) !== undefined) return false;
    await rename(from, to);
    return true;
  }
  await removeFile(from);
  return true;
}

/** What a file system without hard links answers to them. */
export const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV']);
