import { createHash } from 'node:crypto';

import type { Content } from './decode/content.ts';
import type { Decoded } from './decode/file-decoder.ts';
import type { RunningDecode } from './decode/thread.ts';
import type { Decoders } from './decode/threads.ts';
import { tooLarge } from './max-bytes.ts';
import type { RawStore } from './part.ts';
import type { Sink } from './sinks.ts';

export interface ConsumeOptions {
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
  /** Threads for a file of so many raw bytes, if it is worth one; all others are decoded here. */
  readonly decodersFor?: ((file: { bytes: number; isGzip: boolean }) => Decoders | undefined) | undefined;
  /** Called when nobody wants more bytes, before they are given up: giving them up waits for whatever they wait for. */
  readonly abandon: (reason: unknown) => void;
}

/**
 * Hashes a file's content and gives it to `sink`, in this thread or in one that reads the bytes of `store` as they
 * arrive there. Ends the sink, or aborts it.
 */
export async function consume(
  content: Content,
  sink: Sink | undefined,
  store: RawStore,
  options: ConsumeOptions,
): Promise<Decoded> {
  try {
    const decode = await decodeElsewhere(content, sink, store, options);
    const decoded =
      decode === undefined || content.raw === undefined
        ? await consumeHere(content.bytes, sink, options)
        : await receiveFor(decode, content.raw, store, options);
    await sink?.end();
    return decoded;
  } catch (error) {
    await sink?.abort();
    throw error;
  }
}

/** A thread that decodes the file, if that is worth it and possible. */
async function decodeElsewhere(
  { raw, decoded: isGzip }: Content,
  sink: Sink | undefined,
  store: RawStore,
  { decodersFor, maxBytes }: ConsumeOptions,
): Promise<RunningDecode | undefined> {
  const { total = 0 } = store.known;
  const decoders = raw === undefined ? undefined : decodersFor?.({ bytes: total, isGzip });
  const content = sink?.file;
  if (decoders === undefined || (isGzip && content === undefined)) return undefined;
  const stored = await store.flush?.();
  if (stored === undefined) return undefined;
  const file = { raw: stored.descriptor, content: content?.descriptor, maxBytes };
  return await decoders.open(file, (content ?? stored).path);
}

/** All that is left to do here for a file that `decode` follows: to receive it. */
async function receiveFor(
  decode: RunningDecode,
  raw: AsyncIterable<Buffer>,
  store: RawStore,
  { abandon }: ConsumeOptions,
): Promise<Decoded> {
  let failure: { readonly error: unknown } | undefined;
  // At once: the server may never send another byte of a file that is known to be bad.
  decode.decoded.catch((error: unknown) => {
    failure = { error };
    abandon(error);
  });
  try {
    for await (const _ of raw) decode.more();
    await store.flush?.();
    decode.finish();
    return await decode.decoded;
  } catch (error) {
    await decode.stop();
    throw failure === undefined ? error : failure.error;
  }
}

async function consumeHere(
  content: AsyncIterable<Buffer>,
  sink: Sink | undefined,
  { maxBytes, abandon }: ConsumeOptions,
): Promise<Decoded> {
  const hash = createHash('sha256');
  let bytes = 0;
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
  return { bytes, sha256: hash.digest('hex') };
}
