import { statSync } from 'node:fs';

/** Configuration, profiles and secrets are written by hand, or fit on a screen. */
const MOST_BYTES = 1024 * 1024;

/**
 * To be called before a file is read that somebody names: reading a pipe or a device may never end, or not before
 * memory does. Throws RangeError, or the file system's error.
 */
export function requireSmallFile(path: string): void {
  const found = statSync(path);
  if (!found.isFile()) throw new RangeError(`is not a regular file: ${path}`);
  if (found.size > MOST_BYTES) throw new RangeError(`is larger than 1 MiB: ${path}`);
}
