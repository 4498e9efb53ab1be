import { createHash } from 'node:crypto';

import type { Decoded } from './decode/file-decoder.ts';
import type { RunningDecode } from './decode/thread.ts';
import { tooLarge } from './max-bytes.ts';
import type { Sink } from './sinks.ts';

export interface ConsumeOptions {
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
  /** Called when nobody wants more bytes, before they are given up: giving them up waits for whatever they wait for. */
  readonly abandon: (reason: unknown) => void;
}

/** Hashes a file's content and gives it to `sink`, in this thread. */
export async function consume(
  content: AsyncIterable<Buffer>,
  sink: Sink | undefined,
  { maxBytes, abandon }: ConsumeOptions,
): Promise<Decoded> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of content) {
      try {
        bytes += chunk.length;
        if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
        hash.update(chunk);
        await sink?.write(chunk);
      } catch (error) {
        abandon(error);
        throw error;
      }
    }
    await sink?.end();
  } catch (error) {
    await sink?.abort();
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

/**
 * The same in a thread that follows the raw file: all that is left to do here is to receive `raw`, and `settle`, after
 * which every byte is in that file.
 */
export async function consumeApart(
  raw: AsyncIterable<Buffer>,
  sink: Sink | undefined,
  {
    decode,
    settle,
    abandon,
  }: { decode: RunningDecode; settle: () => Promise<void> } & Pick<ConsumeOptions, 'abandon'>,
): Promise<Decoded> {
  let failure: { readonly error: unknown } | undefined;
  // At once: the server may never send another byte of a file that is known to be bad.
  decode.decoded.catch((error: unknown) => {
    failure = { error };
    abandon(error);
  });
  try {
    for await (const _ of raw) decode.more();
    await settle();
    decode.finish();
    const decoded = await decode.decoded;
    await sink?.end();
    return decoded;
  } catch (error) {
    await decode.stop();
    await sink?.abort();
    throw failure === undefined ? error : failure.error;
  }
}
