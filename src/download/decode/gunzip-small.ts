import { gunzipSync, type Gunzip, type ZlibOptions } from 'node:zlib';

import { asIntegrityError, trailingGarbage } from './gzip-errors.ts';

/** A file of so few raw bytes is inflated in half a millisecond: a stream of its own would cost as much again. */
export const SMALL_FILE_BYTES = 32 * 1024;
/** What a small file may come to here; what comes to more takes the stream. */
const MOST_BYTES = 16 * SMALL_FILE_BYTES;

/** Inflated at once, at least: whatever a file says of its size, it takes few calls. */
const LEAST_BYTES = 16 * 1024;
const ISIZE_BYTES = 4;

/**
 * The content of a small gzip file, all at once, as strictly as `gunzip`; `undefined` if it is not small itself. Throws
 * IntegrityError.
 */
export function gunzipSmall(file: Buffer): Buffer | undefined {
  let inflated: { buffer: Buffer; engine: Gunzip };
  try {
    inflated = gunzipSync(file, optionsFor(file)) as unknown as typeof inflated;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw asIntegrityError(error);
  }
  const { buffer, engine } = inflated;
  // zlib stops at zero padding and ignores whatever follows it.
  if (file.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw trailingGarbage();
  return buffer;
}

/** With `info` the result has not only the content, but what was used for it, too; the types do not know. */
function optionsFor(file: Buffer): ZlibOptions & { info: true } {
  return { info: true, chunkSize: chunkSizeFor(file), maxOutputLength: MOST_BYTES };
}

/**
 * Bytes of the buffer that the content is inflated into, and which becomes the result if it is large enough: one more than
 * the file says (ISIZE; RFC 1952, 2.3.1), since a buffer that is filled needs another one to see that nothing follows.
 */
export function chunkSizeFor(file: Buffer): number {
  const isize = file.length < ISIZE_BYTES ? 0 : file.readUInt32LE(file.length - ISIZE_BYTES);
  return Math.min(Math.max(isize + 1, LEAST_BYTES), MOST_BYTES);
}
