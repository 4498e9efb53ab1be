import type { Content } from './content.ts';
import { gunzip } from './gunzip.ts';
import { gunzipInPlace } from './gunzip-in-place.ts';
import { methodFor, thisMachine, type Candidate } from './method.ts';
import { NotStartedError } from './not-started.ts';
import type { DecodePool } from './pool.ts';
import type { RunningDecode } from './thread.ts';
import { followThread } from './follow-thread.ts';
import { hashAndWrite, type Consumed, type ConsumerOptions } from './hash-and-write.ts';
import type { RawStore } from '../part/part.ts';
import type { Sink } from '../sinks.ts';
import { SyncAhead } from '../sync-ahead.ts';

export interface ConsumeOptions extends ConsumerOptions {
  /** Without, every file is decoded in this thread. */
  readonly threads?: Threads | undefined;
}

/** What the files of a run have for being decoded. */
export interface Threads {
  readonly pool: DecodePool;
  /** Whether a file is the only one on its way, over one connection. */
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
  const ahead = new SyncAhead(sink ?? store, store.size, options.abandon);
  try {
    const decoded = await decode(content, sink, store, options, (thread) => {
      store.onWritten = () => {
        thread?.more();
        ahead.reached(store.size);
      };
    });
    await ahead.end();
    await sink?.end();
    return decoded;
  } catch (error) {
    await sink?.abort();
    throw ahead.failure?.error ?? error;
  } finally {
    store.onWritten = undefined;
  }
}

async function decode(
  content: Content,
  sink: Sink | undefined,
  store: RawStore,
  options: ConsumeOptions,
  onBegin: (thread: RunningDecode | undefined) => void,
): Promise<Consumed> {
  const { raw } = content;
  const { threads } = options;
  const file: Candidate = {
    bytes: store.known.total ?? 0,
    isGzip: content.decoded,
    isAlone: threads?.isAlone() ?? true,
    isSaved: sink === undefined || sink.file !== undefined,
  };
  const machine = threads?.pool.machine ?? thisMachine;
  const isForThread = threads !== undefined && methodFor(file, machine) === 'thread';
  const thread = raw !== undefined && isForThread ? await openThread(sink, store, options) : undefined;
  onBegin(thread);
  if (raw !== undefined && thread !== undefined) {
    try {
      return await followThread(thread, raw, store, options);
    } catch (error) {
      if (!(error instanceof NotStartedError)) throw error;
      return await hashAndWrite(readAgain(content, store), sink, options);
    }
  }
  // Where there is no thread to be had it is as with a single core.
  const isInPlace = methodFor(file, { ...machine, cores: 1 }) === 'inPlace';
  const bytes = raw !== undefined && isInPlace ? gunzipInPlace(raw) : content.bytes;
  return await hashAndWrite(bytes, sink, options);
}

/** A thread that decodes what comes into the store's file; `undefined` where that is not possible. */
async function openThread(
  sink: Sink | undefined,
  store: RawStore,
  { threads, maxBytes }: ConsumeOptions,
): Promise<RunningDecode | undefined> {
  const raw = await store.flush?.();
  return raw === undefined ? undefined : await threads?.pool.open({ raw, content: sink?.file, maxBytes });
}

/** The content of a file of which every raw byte is in the store. */
function readAgain({ decoded: isGzip }: Content, store: RawStore): AsyncIterable<Buffer> {
  return isGzip ? gunzip(store.read(), store.size) : store.read();
}
