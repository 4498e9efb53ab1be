import { setMaxListeners } from 'node:events';

import type { RawStore } from '../part/part.ts';
import { Fetching, type Answer, type RangesOptions, type Segment } from './fetching.ts';
import type { Source } from './source.ts';

/** Bytes of one file that are in memory at most, because those before them are still missing. */
const WINDOW_BYTES = 16 * 1024 * 1024;
/** A request takes a round trip before its first byte comes: less than this is not worth one. */
const LEAST_SEGMENT = 256 * 1024;
const LARGEST_SEGMENT = 4 * 1024 * 1024;
/** Each has a segment under way and one that waits. */
const MOST_CONNECTIONS = WINDOW_BYTES / (2 * LEAST_SEGMENT);
/** How the bytes up to `total` are fetched: in segments of `size`, over so many connections. */
export interface Ranges {
  readonly total: number;
  readonly size: number;
  readonly connections: number;
}

/**
 * How the bytes from `start` to `total` are fetched over at most `connections`: `undefined` for one connection, because
 * there is too little, or because nothing proves that ranges belong together.
 */
export function planRanges(
  { start, total, connections: wanted }: { start: number; total: number | undefined; connections: number },
  response: { status: number; headers: Readonly<Record<string, string>> },
  etag: string | undefined,
): Ranges | undefined {
  if (wanted < 2 || total === undefined || etag === undefined) return undefined;
  const takesRanges = response.status === 206 || /\bbytes\b/i.test(response.headers['accept-ranges'] ?? '');
  if (!takesRanges) return undefined;
  const connections = Math.min(wanted, MOST_CONNECTIONS);
  const size = Math.floor(Math.min(LARGEST_SEGMENT, WINDOW_BYTES / (2 * connections)));
  return total - start < 2 * size ? undefined : { total, size, connections };
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
  options: RangesOptions,
  { total, size, connections }: Ranges,
): AsyncGenerator<Buffer, void, undefined> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  // Each connection listens; Node warns of a leak from eleven on.
  setMaxListeners(0, signal);
  const fetching = new Fetching(store, source, { ...options, signal, stop }, { total, connections });
  const segments = planSegments(store.size, total, size);
  // The next that is due, and those that are ahead of it.
  const ahead: Promise<Buffer[]>[] = [];
  const fetchMore = (): void => {
    while (ahead.length < 2 * connections) {
      const { value: segment } = segments.next();
      if (segment === undefined) return;
      const carried = segment.start === store.size && ahead.length === 0 ? first : undefined;
      const fetched = fetching.fetch(segment, carried);
      // Told when its turn comes.
      fetched.catch(() => undefined);
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
