import pLimit, { type LimitFunction } from 'p-limit';

import { describeRequest } from '../../api/transport/http.ts';
import { networkError, TransientError } from '../../api/failures.ts';
import { DeniedError } from '../../errors.ts';
import type { RawStore } from '../part/part.ts';
import { judge } from './plan.ts';
import { refuseExcess, StartOver, type ReceiveOptions } from './receiving.ts';
import type { RetryRow } from './retry-row.ts';
import type { Download, Source } from './source.ts';

/** A server that refused a connection may only have been busy: after so many segments it is tried with one more. */
const SEGMENTS_UNTIL_MORE = 16;

/** Bytes of a file that one request asks for; `end` is not among them. */
export interface Segment {
  readonly start: number;
  readonly end: number;
}

/** An answer whose body begins where a segment does. */
export interface Answer {
  readonly opened: Download;
  /** The first byte of the file that it does not have; undefined where it goes on to the end. */
  readonly end: number | undefined;
}

/** What receiving takes, and the row in which the failures of the file count. */
export interface RangesOptions extends ReceiveOptions {
  readonly row: RetryRow;
}

interface FetchingOptions extends RangesOptions {
  /** Ends all of them, for the error of one. */
  readonly stop: AbortController;
}

/** The server sent something else than the range: the rest is for one connection. */
export class RangesRefused extends Error {}

/** Fetches segments of one file; all of them end when the signal aborts. */
export class Fetching {
  readonly #store: RawStore;
  readonly #source: Source;
  readonly #options: FetchingOptions;
  readonly #total: number;
  readonly #connections: number;
  readonly #limit: LimitFunction;
  /** Connections that the server takes, as far as is known. */
  #accepted: number;
  /** Since it refused one. */
  #wholeSegments = 0;
  #received: number;

  constructor(
    store: RawStore,
    source: Source,
    options: FetchingOptions,
    { total, connections }: { total: number; connections: number },
  ) {
    this.#store = store;
    this.#source = source;
    this.#options = options;
    this.#total = total;
    this.#connections = connections;
    this.#limit = pLimit(connections);
    this.#accepted = connections;
    this.#received = store.size;
  }

  /** The bytes of a segment, over as many attempts as it takes; each goes on where the last one ended. */
  async fetch(segment: Segment, first: Answer | undefined): Promise<Buffer[]> {
    const chunks: Buffer[] = [];
    let carried = first;
    for (let at = segment.start; at < segment.end;) {
      await this.#limit(async () => {
        const { row, signal, stop } = this.#options;
        for (let isTrying = true; isTrying && at < segment.end; carried = undefined) {
          const before = { at, received: this.#received };
          let since = row.failures;
          try {
            for await (const chunk of this.#attempt({ start: at, end: segment.end }, carried)) {
              chunks.push(chunk);
              at += chunk.length;
              this.#progressed(chunk.length);
              since = row.failures;
            }
            this.#fetched();
          } catch (error) {
            // What another range ended with is no failure of this one.
            signal.throwIfAborted();
            isTrying = since === row.failures;
            if (at === before.at && this.#isOneTooMany(error, before.received)) {
              this.#takeFewer();
              // Once more when another has ended: it counts when there is none.
              if (error instanceof DeniedError) return this.#waitForAnother();
            }
            this.#hold(since);
            const received = this.#received;
            await row.failed(error, since, signal).catch((last: unknown) => {
              // Before the next begins, and so that none is waited for longer.
              stop.abort(last);
              throw last;
            });
            // Where others go on, it is their turn.
            isTrying &&= this.#received === received;
          }
        }
      });
      carried = undefined;
    }
    return chunks;
  }

  #progressed(bytes: number): void {
    this.#received += bytes;
    this.#options.onProgress(this.#received, this.#total);
    if (this.#limit.concurrency !== this.#accepted) this.#limit.concurrency = this.#accepted;
  }

  /** Whether the range that has got nothing was refused beside others that go on. */
  #isOneTooMany(error: unknown, received: number): boolean {
    if (error instanceof DeniedError) return this.#limit.activeCount > 1;
    return error instanceof TransientError && this.#received > received;
  }

  #takeFewer(): void {
    this.#accepted = Math.max(1, this.#accepted - 1);
    this.#wholeSegments = 0;
  }

  #waitForAnother(): void {
    this.#limit.concurrency = Math.min(this.#limit.concurrency, this.#accepted);
  }

  #fetched(): void {
    this.#wholeSegments += 1;
    if (this.#wholeSegments % SEGMENTS_UNTIL_MORE === 0)
      this.#accepted = Math.min(this.#connections, this.#accepted + 1);
  }

  /** After a failure one request at a time, beside those that are under way, tries until a byte comes. */
  #hold(since: number): void {
    const isCounted = since === this.#options.row.failures;
    const { concurrency, activeCount } = this.#limit;
    this.#limit.concurrency = isCounted ? Math.min(concurrency, activeCount) : Math.max(1, concurrency - 1);
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
