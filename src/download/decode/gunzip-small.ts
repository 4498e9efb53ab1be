import { gunzipSync, type Gunzip, type ZlibOptions } from 'node:zlib';

import { asIntegrityError, trailingGarbage } from './gzip-errors.ts';

/** A file of so few raw bytes is inflated in half a millisecond: a stream of its own would cost as much again. */
export const SMALL_FILE_BYTES = 32 * 1024;
/** What a small file may come to here; all but zeros come to less. */
const MOST_BYTES = 16 * SMALL_FILE_BYTES;

/** With it the result has not only the content, but what was used for it, too; the types do not know. */
const OPTIONS: ZlibOptions & { info: true } = {
  info: true,
  chunkSize: 4 * SMALL_FILE_BYTES,
  maxOutputLength: MOST_BYTES,
};

/**
 * The content of a small gzip file, all at once, as strictly as `gunzip`; `undefined` if it is not small itself. Throws
 * IntegrityError.
 */
export function gunzipSmall(file: Buffer): Buffer | undefined {
  let inflated: { buffer: Buffer; engine: Gunzip };
  try {
    inflated = gunzipSync(file, OPTIONS) as unknown as typeof inflated;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw asIntegrityError(error);
  }
  const { buffer, engine } = inflated;
  // zlib stops at zero padding and ignores whatever follows it.
  if (file.subarray(engine.bytesWritten).some((byte) => byte !== 0)) throw trailingGarbage();
  return buffer;
}
