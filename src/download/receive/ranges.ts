import { setMaxListeners } from 'node:events';

import pLimit from 'p-limit';

import { describeRequest } from '../../api/transport/http.ts';
import { networkError, TransientError } from '../../api/failures.ts';
import { noFailures, planRetry } from '../../api/retry.ts';
import type { RawStore } from '../part/part.ts';
import { judge } from './plan.ts';
import { refuseExcess, StartOver, type ReceiveOptions } from './receiving.ts';
import type { Download, Source } from './source.ts';

/** Bytes of one file that are in memory at most, because those before them are still missing. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** A request takes a round trip before its first byte comes: less than this is not worth one. */
const LEAST_SEGMENT = 256 * 1024;
const LARGEST_SEGMENT = 4 * 1024 * 1024;

/** Bytes of a file that one request asks for; `end` is not among them. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** An answer whose body begins where a segment does. */
interface Answer {
  readonly opened: Download;
  /** The first byte of the file that it does not have; undefined where it goes on to the end. */
  readonly end: number | undefined;
}

/** The server sent something else than the range: the rest is for one connection. */
export class RangesRefused extends Error {}

/**
 * The size of the segments in which the bytes from `start` to `total` are fetched over `connections`: `undefined` for
 * one connection, because there is too little, or because nothing proves that ranges belong together.
 */
export function segmentSize(
  { start, total, connections }: { start: number; total: number | undefined; connections: number },
  response: { status: number; headers: Readonly<Record<string, string>> },
  etag: string | undefined,
): number | undefined {
  if (connections < 2 || total === undefined || etag === undefined) return undefined;
  const takesRanges = response.status === 206 || /\bbytes\b/i.test(response.headers['accept-ranges'] ?? '');
  if (!takesRanges) return undefined;
  const size = Math.min(LARGEST_SEGMENT, Math.max(LEAST_SEGMENT, WINDOW_BYTES / (2 * connections)));
  return total - start < 2 * size ? undefined : Math.floor(size);
}

/** The segments from `start` to `total`, in order and without a gap. */
export function* planSegments(
  start: number,
  total: number,
  size: number,
): Generator<Segment, void, undefined> {
  for (let at = start; at < total; at += size) yield { start: at, end: Math.min(at + size, total) };
}

/**
 * The bytes that `store` lacks of `total`, in order, fetched over several connections in segments; `first` has the
 * first of them. What comes before its turn waits in memory, so that a part is the beginning of its file at any time.
 * Throws RangesRefused when the server sends no ranges after all, and StartOver when they are of another version.
 */
export async function* receiveSegments(
  store: RawStore,
  source: Source,
  first: Answer,
  options: ReceiveOptions,
  { total, size, connections }: { total: number; size: number; connections: number },
): AsyncGenerator<Buffer, void, undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Each connection listens; Node warns of a leak from eleven on.
  setMaxListeners(0, signal);
  const fetching = new Fetching(store, source, { ...options, signal }, total);
  const limit = pLimit(connections);
  const segments = planSegments(store.size, total, size);
  // The next that is due, and those that are ahead of it.
  const ahead: Promise<Buffer[]>[] = [];
  const fetchMore = (): void => {
    while (ahead.length < 2 * connections) {
      const { value: segment } = segments.next();
      if (segment === undefined) return;
      const carried = segment.start === store.size && ahead.length === 0 ? first : undefined;
      const fetched = limit(async () => await fetching.fetch(segment, carried));
      // None is waited for longer than it takes another to fail.
      fetched.catch((error: unknown) => stop.abort(error));
      ahead.push(fetched);
    }
  };
  try {
    for (fetchMore(); ahead.length > 0; fetchMore()) {
      for (const chunk of (await ahead.shift()) ?? []) {
        await store.append(chunk);
        yield chunk;
      }
    }
  } finally {
    stop.abort();
    await Promise.allSettled(ahead);
  }
}

/** Fetches segments of one file; all of them end when the signal aborts. */
class Fetching {
  readonly #store: RawStore;
  readonly #source: Source;
  readonly #options: ReceiveOptions;
  readonly #total: number;
  #received: number;

  constructor(store: RawStore, source: Source, options: ReceiveOptions, total: number) {
    this.#store = store;
    this.#source = source;
    this.#options = options;
    this.#total = total;
    this.#received = store.size;
  }

  /** The bytes of a segment, over as many attempts as it takes; each goes on where the last one ended. */
  async fetch(segment: Segment, first: Answer | undefined): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    let carried = first;
    let at = segment.start;
    for (let streak = noFailures; ;) {
      const before = at;
      try {
        for await (const chunk of this.#attempt({ start: at, end: segment.end }, carried)) {
          chunks.push(chunk);
          at += chunk.length;
          this.#received += chunk.length;
          this.#options.onProgress(this.#received, this.#total);
        }
        return chunks;
      } catch (error) {
        const next = planRetry(error, at > before ? noFailures : streak, this.#options);
        if (next === undefined) throw error;
        streak = next.streak;
        this.#options.onRetry(error as TransientError, next.delayMs);
        await this.#options.clock.sleep(next.delayMs, this.#options.signal);
      }
      carried = undefined;
    }
  }

  async *#attempt(
    { start, end }: Segment,
    carried: Answer | undefined,
  ): AsyncGenerator<Buffer, void, undefined> {
    const { signal } = this.#options;
    signal.throwIfAborted();
    const answer = carried ?? (await this.#open(start, end));
    const { response, url } = answer.opened;
    const what = describeRequest('GET', url);
    const abandon = (): void => response.body.destroy();
    signal.addEventListener('abort', abandon);
    let missing = end - start;
    let isAtEnd = carried === undefined;
    try {
      if (signal.aborted) abandon();
      for await (const piece of response.body) {
        refuseExcess(end - missing + piece.length, answer.end, what);
        const chunk = piece.subarray(0, missing);
        isAtEnd &&= chunk.length === piece.length;
        missing -= chunk.length;
        yield chunk;
        if (missing === 0) break;
      }
    } catch (error) {
      throw networkError(error, what, signal);
    } finally {
      signal.removeEventListener('abort', abandon);
      // The connection is kept if its answer is at its end; that of the first answer is the end of the file.
      if (missing > 0 || !isAtEnd) abandon();
    }
    signal.throwIfAborted();
    if (missing > 0) throw new TransientError(`${what}: the connection ended too early`);
  }

  async #open(start: number, end: number): Promise<Answer> {
    const { known } = this.#store;
    const headers = { range: `bytes=${start}-${end - 1}`, 'if-range': known.etag ?? '' };
    const opened = await this.#source.open(headers);
    try {
      const verdict = judge({ headers, from: start }, start, known, opened.response);
      if (verdict.kind === 'append' && verdict.end <= end) return { opened, end: verdict.end };
      if (verdict.kind === 'changed' || (verdict.kind === 'start' && verdict.changed))
        throw new StartOver(true);
      throw new RangesRefused('the server sends no ranges');
    } catch (error) {
      opened.response.body.destroy();
      throw error;
    }
  }
}
