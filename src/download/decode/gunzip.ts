import type { TransformOptions } from 'node:stream';
import { createGunzip, type ZlibOptions } from 'node:zlib';

import { gunzipSmall, SMALL_FILE_BYTES } from './gunzip-small.ts';
import { asIntegrityError, trailingGarbage } from './gzip-errors.ts';
import { peek } from './peek.ts';

/**
 * Of what is inflated at once. 16 KiB, Node's default, costs 32 times as many trips through the thread pool; 1 MiB is
 * hardly cheaper and twice the memory (bench/README.md). Inflating goes on while two of these are dealt with. (Whatever a stream takes may be
 * told; the types know only what is zlib's own.)
 */
const CHUNK_BYTES = 512 * 1024;
const STREAM_OPTIONS: ZlibOptions & TransformOptions = {
  chunkSize: CHUNK_BYTES,
  readableHighWaterMark: 2 * CHUNK_BYTES,
};

/** RFC 1952, 2.3.1. */
export function looksLikeGzip(head: Buffer): boolean {
  return head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 0x08;
}

/**
 * Inflates gzip strictly: every member's CRC and size, no cut, nothing after the last member but zero padding. Throws
 * IntegrityError. `size`, if it is known, is what was told of the source, in bytes. A cut exactly between two members
 * cannot be seen here; the file's length tells that.
 */
export async function* gunzip(
  source: AsyncIterable<Buffer>,
  size?: number,
): AsyncGenerator<Buffer, void, undefined> {
  if (size === undefined || size > SMALL_FILE_BYTES) return yield* gunzipStream(source);
  const { head, bytes } = await peek(source, SMALL_FILE_BYTES + 1);
  const content = head.length > SMALL_FILE_BYTES ? undefined : gunzipSmall(head);
  if (content === undefined) yield* gunzipStream(bytes);
  else yield content;
}

async function* gunzipStream(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const inflate = createGunzip(STREAM_OPTIONS);
  const fed = { bytes: 0, endOfContent: 0, done: false };
  let sourceError: unknown;

  const feeding = (async () => {
    try {
      for await (const chunk of withoutLooseZeros(source)) {
        fed.bytes += chunk.length;
        const zeros = trailingZeros(chunk);
        if (zeros < chunk.length) fed.endOfContent = fed.bytes - zeros;
        if (inflate.destroyed || inflate.readableEnded) throw trailingGarbage();
        if (!inflate.write(chunk)) await drained(inflate);
      }
      fed.done = true;
      inflate.end();
    } catch (error) {
      sourceError = error;
      inflate.destroy();
    }
  })();

  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) yield chunk;
  } catch (error) {
    throw sourceError ?? asIntegrityError(error);
  } finally {
    inflate.destroy();
    await feeding;
  }
  if (sourceError !== undefined) throw sourceError as Error;
  // zlib stops at zero padding and ignores whatever follows it.
  if (inflate.bytesWritten < fed.endOfContent || !fed.done) throw trailingGarbage();
}

/**
 * Passes the bytes on, but keeps zeros at the end of a chunk back until something follows them: zlib takes a zero
 * after a member for padding and then accepts no further chunk, while the padding itself may come in many.
 */
async function* withoutLooseZeros(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let held = 0;
  for await (const chunk of source) {
    const zeros = trailingZeros(chunk);
    if (zeros === chunk.length) {
      held += zeros;
      continue;
    }
    // No more of them at once than a chunk, however many there are.
    for (; held > CHUNK_BYTES; held -= CHUNK_BYTES) yield Buffer.alloc(CHUNK_BYTES);
    const content = chunk.subarray(0, chunk.length - zeros);
    yield held === 0 ? content : Buffer.concat([Buffer.alloc(held), content]);
    held = zeros;
  }
  // Some of these end the last member's size; padding beyond that needs no more than to be known to exist.
  if (held > 0) yield Buffer.alloc(Math.min(held, CHUNK_BYTES));
}

function trailingZeros(chunk: Buffer): number {
  let at = chunk.length;
  while (at > 0 && chunk[at - 1] === 0) at -= 1;
  return chunk.length - at;
}

async function drained(stream: ReturnType<typeof createGunzip>): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error', 'end']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error', 'end']) stream.once(event, done);
  });
}
