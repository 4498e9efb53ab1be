import type { TransientError } from '../../api/failures.ts';
import type { RetryLimits } from '../../api/retry.ts';
import type { Clock } from '../../context.ts';
import { ProtocolError } from '../../errors.ts';
import type { Download } from './source.ts';

/** How a transfer deals with failures; those without a new byte between them are a row. */
export interface ReceiveOptions extends RetryLimits {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The most ranges of the file that are fetched at once; 1 unless told. */
  readonly connections?: number;
  readonly onRetry: (error: TransientError, delayMs: number) => void;
  /** Called with every answer whose bytes are taken. */
  readonly onResponse: (response: Download) => void;
  readonly onProgress: (bytes: number, total: number | undefined) => void;
}

/**
 * Thrown through the consumers of the bytes when what they have got so far is not the beginning of the file (any
 * more): they start over, with `opened` if its body is the file from its first byte.
 */
export class StartOver extends Error {
  /** False when the file may be the same, but the server sends it only from its first byte. */
  readonly changed: boolean;
  readonly opened: Download | undefined;

  constructor(changed: boolean, opened?: Download) {
    super(
      changed ? 'the file changed while it was read' : 'the server sends the file only from its beginning',
    );
    this.changed = changed;
    this.opened = opened;
  }
}

/** What an answer has brought can never be of use, and is not to be kept for a later run. */
export class UselessBytesError extends ProtocolError {}

/**
 * Throws UselessBytesError for a body that has reached the file's byte `at` where its Content-Range promised the bytes
 * before `end`: nobody knows which of them are the file's.
 */
export function refuseExcess(at: number, end: number | undefined, what: string): void {
  if (end === undefined || at <= end) return;
  throw new UselessBytesError(`${what}: more bytes came than its Content-Range says`);
}

/** Throws UselessBytesError for a `Content-Encoding` that nobody here takes off; only gzip is sent unasked. */
export function refuseCoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding === 'gzip' || encoding === 'x-gzip') return;
  throw new UselessBytesError(
    `the server sent the file with Content-Encoding "${encoding}", which was not asked for`,
  );
}
