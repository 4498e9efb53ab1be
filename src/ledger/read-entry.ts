import { constants, lstat, open } from 'node:fs/promises';

import { ConfigError, IoError, messageOf } from '../errors.ts';
import { SMALL_BYTES } from '../download/read-small.ts';
import type { Entry } from './entry.ts';

/**
 * The entry in a file of the ledger; `undefined` when there is no such file. What is there and cannot be read may be an
 * export that is under way: throws ConfigError for what is no entry of this version, IoError for errors of the disk.
 */
export async function readEntry(path: string): Promise<Entry | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const { entrySchema } = await import('./entry-schema.ts');
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw odd(path, 'is no entry that this version can read', cause);
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    // Before it is opened, which a device may notice.
    if (!(await lstat(path)).isFile()) throw odd(path, 'is no file');
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if ((await handle.stat()).size > SMALL_BYTES) throw odd(path, 'is too large for an entry');
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IoError(`${path}: cannot be read: ${messageOf(error)}`, {
      hint: 'it may be an export that is under way: make it readable',
      cause: error,
    });
  }
}

function odd(path: string, what: string, cause?: unknown): ConfigError {
  return new ConfigError(`${path}: ${what}`, {
    hint: 'it may be an export that is under way: look for it at the provider, then remove the file',
    cause,
  });
}
