import { createHash } from 'node:crypto';

import { IntegrityError } from '../errors.ts';
import type { Content } from './decode/content.ts';
import type { Decoded } from './decode/file-decoder.ts';
import { gunzip } from './decode/gunzip.ts';
import { NotStartedError } from './decode/not-started.ts';
import type { RunningDecode } from './decode/thread.ts';
import type { Candidate, DecodePool } from './decode/pool.ts';
import { tooLarge } from './max-bytes.ts';
import type { RawStore } from './part.ts';
import { StartOver } from './receiving.ts';
import type { Sink } from './sinks.ts';

/** What a file has come to. */
export type Consumed = Pick<Decoded, 'bytes' | 'sha256'>;

export interface ConsumeOptions {
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
  /** Threads for a file that is worth one; all others are decoded here. */
  readonly poolFor?: ((file: Omit<Candidate, 'isAlone'>) => DecodePool | undefined) | undefined;
  readonly signal: AbortSignal;
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
): Promise<Consumed> {
  try {
    const decode = await decodeElsewhere(content, sink, store, options);
    const decoded =
      decode === undefined || content.raw === undefined
        ? await consumeHere(content.bytes, sink, options)
        : await receiveFor(decode, content.raw, store, options).catch(async (error: unknown) => {
            if (!(error instanceof NotStartedError)) throw error;
            return await consumeHere(readAgain(content, store), sink, options);
          });
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
  { poolFor, maxBytes }: ConsumeOptions,
): Promise<RunningDecode | undefined> {
  const { total = 0 } = store.known;
  const pool = raw === undefined ? undefined : poolFor?.({ bytes: total, isGzip });
  const canWrite = sink === undefined || sink.file !== undefined;
  if (pool === undefined || !canWrite) return undefined;
  const stored = await store.flush?.();
  return stored === undefined ? undefined : await pool.open({ raw: stored, content: sink?.file, maxBytes });
}

/** All that is left to do here for a file that `decode` follows: to receive it. */
async function receiveFor(
  decode: RunningDecode,
  raw: AsyncIterable<Buffer>,
  store: RawStore,
  { abandon, signal }: ConsumeOptions,
): Promise<Decoded> {
  let failure: { readonly error: unknown } | undefined;
  // At once: the server may never send another byte of a file that is known to be bad.
  decode.decoded.catch((error: unknown) => {
    if (error instanceof NotStartedError) return;
    failure = { error };
    abandon(error);
  });
  store.onWritten = () => decode.more();
  try {
    for await (const _ of raw) if (failure !== undefined) break;
    await store.flush?.();
    decode.finish();
    const decoded = await unlessAborted(decode.decoded, signal);
    if (decoded.rawBytes === store.size) return decoded;
    throw new IntegrityError('the raw file was changed by somebody else while it was read');
  } catch (error) {
    const cause = failure === undefined || error instanceof StartOver ? error : failure.error;
    await decode.stop();
    throw cause;
  }
}

/** The content of a file of which every raw byte is in the store. */
function readAgain({ decoded: isGzip }: Content, store: RawStore): AsyncIterable<Buffer> {
  return isGzip ? gunzip(store.read(), store.size) : store.read();
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stopListening = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    const listener = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', listener);
    stopListening = () => signal.removeEventListener('abort', listener);
  });
  return await Promise.race([work, aborted]).finally(stopListening);
}

async function consumeHere(
  content: AsyncIterable<Buffer>,
  sink: Sink | undefined,
  { maxBytes, abandon, signal }: ConsumeOptions,
): Promise<Consumed> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of content) {
    try {
      // When every raw byte is here, nothing else looks at it.
      signal.throwIfAborted();
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
