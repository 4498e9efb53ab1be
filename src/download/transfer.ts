import { TransientError } from '../api/failures.ts';
import { IntegrityError } from '../errors.ts';
import { consume, type Threads } from './decode/consume.ts';
import { openContent, type Content } from './decode/content.ts';
import { tooLarge } from './max-bytes.ts';
import { withoutGzip } from './name.ts';
import type { RawStore } from './part/part.ts';
import { receive } from './receive/receive.ts';
import { StartOver, UselessBytesError, type ReceiveOptions } from './receive/receiving.ts';
import type { Sink } from './sinks.ts';
import type { Download, Source } from './receive/source.ts';
import { algorithmsOf, everyAlgorithm, RawHashes, type Expectation } from './verify.ts';

/** What is known of a file once its first bytes are here. */
export interface Begun {
  /** The remote name, without the `.gz` that was taken off. */
  readonly name: string;
  /** Raw bytes of the whole file. */
  readonly total: number | undefined;
  /** Raw bytes that an earlier run had left. */
  readonly resumedFrom: number;
  /** False when the raw bytes are the content, so that no sink is needed. */
  readonly decoded: boolean;
}

export interface TransferOptions extends Omit<ReceiveOptions, 'onResponse'> {
  readonly keepCompressed: boolean;
  /** The largest file that is accepted, in bytes: as it comes, and as it is saved. */
  readonly maxBytes: number | undefined;
  /** The remote name by a download's `Content-Disposition`. */
  readonly nameFor: (contentDisposition: string | undefined) => string;
  /** What the API says of the raw file. */
  readonly expectations: readonly Expectation[];
  /** Called when the file's name and size are known; false ends the transfer there. */
  readonly onBegin: (begun: Begun) => Promise<boolean>;
  /** Where the content goes, when it is not the raw bytes themselves. */
  readonly openSink: (begun: Begun) => Promise<Sink | undefined>;
  readonly threads?: Threads | undefined;
}

/** A file that is here, whole and verified. */
export interface Transferred extends Begun {
  /** Bytes of the content. */
  readonly bytes: number;
  /** Bytes that the server keeps. */
  readonly rawBytes: number;
  /** Of the content, in lower-case hex. */
  readonly sha256: string;
}

/** A file that changes more often than this while it is read will not hold still. */
const MOST_STARTS = 4;

/**
 * Brings one remote file here: receives its raw bytes, takes its gzip layer off and verifies it. Starts over, a few
 * times, when the file changed or when the bytes that an earlier run left prove to be damaged. Resolves with
 * `undefined` when `onBegin` declined.
 */
export async function transfer(
  store: RawStore,
  source: Source,
  options: TransferOptions,
): Promise<Transferred | undefined> {
  let carried: Download | undefined;
  // Not to go on from what an earlier run left is no failure of this one.
  for (let starts = store.size > 0 ? 0 : 1; ; starts += 1) {
    const resumedFrom = store.size;
    try {
      return await transferOnce(store, source, options, carried);
    } catch (error) {
      if (!provesUseless(error)) throw error;
      carried = error instanceof StartOver ? error.opened : undefined;
      try {
        // Bytes that are provably of no use must not wait for the next run.
        await store.restart(error);
        if (error instanceof StartOver) refuseEndlessStarts(starts, error, options.retries);
        else if (resumedFrom === 0) throw error;
      } catch (last) {
        if (carried !== undefined) carried.response.body.destroy();
        throw last;
      }
    }
  }
}

/** Whether what is here is not, or will not become, the file. */
function provesUseless(error: unknown): error is Error {
  return error instanceof StartOver || error instanceof IntegrityError || error instanceof UselessBytesError;
}

function refuseEndlessStarts(starts: number, { changed, message }: StartOver, retries: number): void {
  if (changed && starts >= MOST_STARTS) throw new IntegrityError('the file keeps changing while it is read');
  if (!changed && starts > retries)
    throw new TransientError(`${message}, and the connection broke ${starts} times`);
}

async function transferOnce(
  store: RawStore,
  source: Source,
  options: TransferOptions,
  carried: Download | undefined,
): Promise<Transferred | undefined> {
  const resumedFrom = store.size;
  const expectations = (): Expectation[] => [...options.expectations, ...(store.known.digests ?? [])];
  // When the consumer fails, nobody is to wait for bytes that the server may never send.
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  let current: Download | undefined;
  const onResponse = (download: Download): void => {
    current = download;
  };
  const abandon = (reason: unknown): void => {
    stop.abort(reason);
    if (current !== undefined && !(reason instanceof StartOver)) current.response.body.destroy();
  };
  let hashes: RawHashes | undefined;
  async function* hashed(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of receive(store, source, { ...options, signal, onResponse }, carried)) {
      hashes ??= new RawHashes(resumedFrom > 0 ? everyAlgorithm : algorithmsOf(expectations()));
      hashes.update(chunk);
      // Gzip can go on for ever without any content: empty members, padding, the name in its header.
      if (options.maxBytes !== undefined && store.size > options.maxBytes) throw tooLarge(options.maxBytes);
      yield chunk;
    }
  }
  const raw = hashed();
  const remoteName = (): string => options.nameFor(store.known.disposition);
  let content: Content | undefined;
  try {
    content = await openContent(raw, {
      encoding: () => store.known.encoding,
      size: () => store.known.total,
      keepCompressed: options.keepCompressed,
      name: remoteName,
    });
    const begun: Begun = {
      name: content.gzipRemoved ? withoutGzip(remoteName()) : remoteName(),
      total: store.known.total,
      resumedFrom,
      decoded: content.decoded,
    };
    if (options.maxBytes !== undefined && (begun.total ?? 0) > options.maxBytes)
      throw tooLarge(options.maxBytes);
    if (!(await options.onBegin(begun))) {
      // Below a coding, more has been asked for than was looked at.
      abandon(undefined);
      return undefined;
    }
    const sink = await options.openSink(begun);
    const { bytes, sha256 } = await consume(content, sink, store, { ...options, abandon });
    (hashes ?? new RawHashes(algorithmsOf(expectations()))).verify(expectations());
    return { ...begun, bytes, rawBytes: store.size, sha256 };
  } catch (error) {
    abandon(error);
    throw error;
  } finally {
    await content?.close?.();
    await raw.return();
  }
}
