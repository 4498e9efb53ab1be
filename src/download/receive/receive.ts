import { describeRequest } from '../../api/transport/http.ts';
import { networkError, TransientError } from '../../api/failures.ts';
import { IntegrityError } from '../../errors.ts';
import type { RawStore } from '../part/part.ts';
import { headerDigests, mergeDigests, type Digest } from '../verify.ts';
import {
  encodingOf,
  judge,
  OVERLAP_BYTES,
  planAttempt,
  planProbe,
  validatorOf,
  withoutProof,
  type Attempt,
} from './plan.ts';
import { RangesRefused } from './fetching.ts';
import { planRanges, receiveSegments } from './ranges.ts';
import { refuseCoding, refuseExcess, StartOver, type ReceiveOptions } from './receiving.ts';
import { RetryRow } from './retry-row.ts';
import type { Download, Source } from './source.ts';

/**
 * The raw bytes of a file, in order and each once: first those that `store` has, then those that the server still
 * owes, over as many connections as it takes. Every byte is in the store before it is yielded. Ends only when the
 * file is whole.
 */
export async function* receive(
  store: RawStore,
  source: Source,
  options: ReceiveOptions,
  carried?: Download,
): AsyncGenerator<Buffer, void, undefined> {
  if (store.size > 0) yield* store.read();
  if (isWhole(store)) return;
  let opened = carried;
  let { connections = 1 } = options;
  const row = new RetryRow(options);
  const onProgress: ReceiveOptions['onProgress'] = (bytes, total) => {
    row.progressed();
    options.onProgress(bytes, total);
  };
  for (;;) {
    try {
      yield* attemptOnce(store, source, { ...options, connections, onProgress }, row, opened);
      if (isWhole(store)) return;
    } catch (error) {
      if (error instanceof RangesRefused) {
        connections = 1;
      } else {
        await row.failed(error, row.failures, options.signal);
      }
    }
    opened = undefined;
  }
}

async function* attemptOnce(
  store: RawStore,
  source: Source,
  options: ReceiveOptions,
  row: RetryRow,
  carried: Download | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const attempt = planAttempt(store.size, store.known);
  const opened = carried ?? (await source.open(attempt.headers));
  let passedOn = false;
  try {
    // Whoever gave up meanwhile could not give up what was not there.
    options.signal.throwIfAborted();
    yield* take(opened, attempt, store, source, options, row);
  } catch (error) {
    passedOn = error instanceof StartOver && error.opened !== undefined;
    throw error;
  } finally {
    if (!passedOn) opened.response.body.destroy();
  }
}

/** Takes what an answer has of the file. */
async function* take(
  opened: Download,
  attempt: Attempt,
  store: RawStore,
  source: Source,
  options: ReceiveOptions,
  row: RetryRow,
): AsyncGenerator<Buffer, void, undefined> {
  const { response } = opened;
  const verdict = judge(attempt, store.size, store.known, response);
  const digests = headerDigests(response.status, response.headers);
  switch (verdict.kind) {
    case 'complete':
      return await store.learn({ ...store.known, total: store.size, whole: true });
    case 'changed':
      throw new StartOver(true);
    case 'unproven':
      return await store.learn(withoutProof(store.known));
    case 'start':
      if (store.size > 0) throw new StartOver(verdict.changed, opened);
      // An empty body has nothing that could be coded.
      if (verdict.total !== 0) refuseCoding(encodingOf(response.headers));
      await store.learn({
        identity: store.known.identity,
        ...validatorOf(response.headers),
        total: verdict.total,
        encoding: encodingOf(response.headers),
        disposition: response.headers['content-disposition'],
        ...(digests.length > 0 && { digests }),
      });
      break;
    case 'skip':
    case 'append':
      await learnMore(store, verdict.total, digests);
      break;
  }
  options.onResponse(opened);
  const { total } = verdict;
  const extent =
    verdict.kind === 'append' ? { from: attempt.from, end: verdict.end, total } : { from: 0, total };
  const { from } = extent;
  const { connections = 1 } = options;
  const { size: start, known } = store;
  const ranges = from < start ? undefined : planRanges({ start, total, connections }, response, known.etag);
  if (ranges === undefined) {
    yield* copy(store, opened, extent, options);
    const isPiece = !(await finish(store, extent, describeRequest('GET', opened.url)));
    // What it had was here already: an overlap, or less than that.
    if (isPiece && store.size === start) await proveEnd(store, source);
    return;
  }
  yield* receiveSegments(store, source, { opened, end: extent.end }, { ...options, row }, ranges);
  await finish(store, { from, total }, describeRequest('GET', opened.url));
}

/** Remembers what an answer told that goes on with the file: told once, it holds for all that follow. */
async function learnMore(store: RawStore, total: number | undefined, told: readonly Digest[]): Promise<void> {
  const { known } = store;
  const before = known.digests ?? [];
  const digests = mergeDigests(before, told);
  if (total === known.total && digests.length === before.length) return;
  await store.learn({ ...known, total, ...(digests.length > 0 && { digests }) });
}

/** Which bytes of the file an answer says to have. */
interface Extent {
  readonly from: number;
  /** The first byte behind them; missing where the end of the body is that of the file. */
  readonly end?: number;
  /** Bytes of the whole file, if that is known. */
  readonly total: number | undefined;
}

/**
 * Copies a body to the store that begins with the file's byte `from`. What the store has from there on is skipped, and
 * its last bytes must be equal to those of the body, whatever a validator says.
 */
async function* copy(
  store: RawStore,
  { response, url }: Download,
  { from, end, total }: Extent,
  options: ReceiveOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const what = describeRequest('GET', url);
  let at = from;
  let surplus = store.size - from;
  const tail = await store.tail(Math.min(surplus, OVERLAP_BYTES));
  try {
    for await (const piece of response.body) {
      let chunk = piece;
      at += piece.length;
      refuseExcess(at, end, what);
      if (surplus > 0) {
        const old = chunk.subarray(0, surplus);
        const comparable = old.subarray(Math.max(0, surplus - tail.length));
        const start = Math.max(0, tail.length - surplus);
        if (!tail.subarray(start, start + comparable.length).equals(comparable)) throw new StartOver(true);
        surplus -= old.length;
        chunk = chunk.subarray(old.length);
      }
      if (chunk.length === 0) continue;
      await store.append(chunk);
      refuseSurplus(store.size, total, what);
      options.onProgress(store.size, total);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof StartOver || error instanceof IntegrityError) throw error;
    throw networkError(error, what, options.signal);
  }
  if (surplus > 0) throw new TransientError(`${what}: the connection ended too early`);
}

/**
 * The body ended: is that the end of the file? False when it is only that of a piece, which is all that a server has to
 * send of what was asked for (RFC 9110, 15.3.7). Throws TransientError when it is neither.
 */
async function finish(store: RawStore, { end, total }: Extent, what: string): Promise<boolean> {
  if (store.size < (end ?? total ?? 0)) {
    throw new TransientError(`${what}: the connection ended after ${store.size} of ${total ?? end} bytes`);
  }
  refuseSurplus(store.size, total, what);
  if (end !== undefined && store.size !== total) return false;
  await store.learn({ ...store.known, total: store.size, whole: true });
  return true;
}

/** Asks whether there is more behind the last byte. Throws TransientError if there is, which nothing proves to belong to it. */
async function proveEnd(store: RawStore, source: Source): Promise<void> {
  const { size, known } = store;
  const probe = planProbe(size, known);
  const { response, url } = await source.open(probe.headers);
  response.body.destroy();
  const verdict = judge(probe, size, known, response);
  if (verdict.kind === 'complete') return await store.learn({ ...known, total: size, whole: true });
  if (verdict.kind === 'changed' || (verdict.kind === 'start' && verdict.changed)) throw new StartOver(true);
  throw new TransientError(
    `${describeRequest('GET', url)}: the server sends only bytes that are here, although there are more`,
  );
}

/** At once: what was announced as small may never end. */
function refuseSurplus(size: number, total: number | undefined, what: string): void {
  if (total === undefined || size <= total) return;
  throw new IntegrityError(`${what}: more bytes came than the ${total} that were announced`);
}

function isWhole({ size, known }: RawStore): boolean {
  return known.whole === true && known.total === size;
}
