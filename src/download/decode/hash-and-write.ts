import { createHash } from 'node:crypto';

import type { Decoded } from './file-decoder.ts';
import { tooLarge } from '../max-bytes.ts';
import type { Sink } from '../sinks.ts';

/** What a file has come to. */
export type Consumed = Pick<Decoded, 'bytes' | 'sha256'>;

export interface ConsumerOptions {
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
  readonly signal: AbortSignal;
  /** Called when nobody wants more bytes, before they are given up: giving them up waits for whatever they wait for. */
  readonly abandon: (reason: unknown) => void;
}

/**
 * Hashes content and gives it to `sink`: one chunk is written while the next is made. Each is done with when the one
 * after the next is asked for. Rejects with the first failure of a write, CannotCreateError for a file that is too large,
 * the signal's reason, and whatever `content` throws.
 */
export async function hashAndWrite(
  content: AsyncIterable<Buffer>,
  sink: Sink | undefined,
  { maxBytes, abandon, signal }: ConsumerOptions,
): Promise<Consumed> {
  const hash = createHash('sha256');
  let bytes = 0;
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    abandon(error);
  };
  let writing: Promise<void> | undefined;
  const take = async (chunk: Buffer): Promise<void> => {
    // When every raw byte is here, nothing else looks at it.
    signal.throwIfAborted();
    bytes += chunk.length;
    if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
    hash.update(chunk);
    await writing;
    writing = sink?.write(chunk).catch(fail);
  };
  try {
    for await (const chunk of content) {
      // Not outside: to leave the loop is to wait for what is to be given up.
      if (failure === undefined) await take(chunk).catch(fail);
      if (failure !== undefined) break;
    }
    await writing;
  } catch (error) {
    fail(error);
  }
  if (failure !== undefined) throw failure.error;
  return { bytes, sha256: hash.digest('hex') };
}
