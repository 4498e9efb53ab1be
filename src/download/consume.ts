import { createHash } from 'node:crypto';

import { IntegrityError } from '../errors.ts';
import type { Content } from './decode/content.ts';
import type { Decoded } from './decode/file-decoder.ts';
import { gunzip } from './decode/gunzip.ts';
import { gunzipInPlace } from './decode/gunzip-in-place.ts';
import { NotStartedError } from './decode/not-started.ts';
import type { RunningDecode } from './decode/thread.ts';
import { LARGE_BYTES, type DecodePool } from './decode/pool.ts';
import { canInflateSync } from './decode/sync-inflater.ts';
import { tooLarge } from './max-bytes.ts';
import type { RawStore } from './part.ts';
import { StartOver } from './receiving.ts';
import type { Sink } from './sinks.ts';
import { SyncAhead } from './sync-ahead.ts';

/** What a file has come to. */
export type Consumed = Pick<Decoded, 'bytes' | 'sha256'>;

export interface ConsumeOptions {
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
  /** For files that are worth a thread of their own; without, all are decoded here. */
  readonly threads?: Threads | undefined;
  readonly signal: AbortSignal;
  /** Called when nobody wants more bytes, before they are given up: giving them up waits for whatever they wait for. */
  readonly abandon: (reason: unknown) => void;
}

export interface Threads {
  readonly pool: DecodePool;
  /** Whether the file is the only one on its way, over one connection. */
  readonly isAlone: () => boolean;
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
  // Without a sink, the raw bytes are the content.
  const ahead = new SyncAhead(sink ?? store, store.size);
  try {
    const decode = await decodeElsewhere(content, sink, store, options);
    store.onWritten = () => {
      decode?.more();
      ahead.reached(store.size);
    };
    const decoded =
      decode === undefined || content.raw === undefined
        ? await consumeHere(decodeHere(content, sink, store), sink, options)
        : await receiveFor(decode, content.raw, store, options).catch(async (error: unknown) => {
            if (!(error instanceof NotStartedError)) throw error;
            return await consumeHere(readAgain(content, store), sink, options);
          });
    await ahead.end();
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
  { threads, maxBytes }: ConsumeOptions,
): Promise<RunningDecode | undefined> {
  const canFollow = raw !== undefined && (sink === undefined || sink.file !== undefined);
  if (threads === undefined || !canFollow) return undefined;
  const { total = 0 } = store.known;
  if (!threads.pool.isWorthwhile({ bytes: total, isGzip, isAlone: threads.isAlone() })) return undefined;
  const stored = await store.flush?.();
  return stored === undefined
    ? undefined
    : await threads.pool.open({ raw: stored, content: sink?.file, maxBytes });
}

/** What comes of the raw bytes in this thread. */
function decodeHere(
  { bytes, raw, decoded: isGzip }: Content,
  sink: Sink | undefined,
  { known: { total = 0 } }: RawStore,
): AsyncIterable<Buffer> {
  // A file alone tells when it is done with a buffer.
  const isFile = sink?.file !== undefined;
  const inPlace = isGzip && isFile && total >= LARGE_BYTES && canInflateSync();
  return inPlace && raw !== undefined ? gunzipInPlace(raw) : bytes;
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
  // One chunk is written while the next is made.
  let writing: Promise<void> | undefined;
  for await (const chunk of content) {
    try {
      // When every raw byte is here, nothing else looks at it.
      signal.throwIfAborted();
      bytes += chunk.length;
      if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      await writing;
      writing = sink?.write(chunk);
      // It is looked at later.
      writing?.catch(() => undefined);
    } catch (error) {
      abandon(error);
      throw error;
    }
  }
  await writing;
  return { bytes, sha256: hash.digest('hex') };
}
