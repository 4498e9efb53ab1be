import { ProtocolError } from '../../errors.ts';
import type { Sidecar, Validator } from '../part/sidecar.ts';

/** Bytes asked for again, and compared, where no strong entity tag proves that the file is the same. */
export const OVERLAP_BYTES = 16 * 1024;

/** What to ask for next, and what the answer will have to prove. */
export interface Attempt {
  readonly headers: Readonly<Record<string, string>>;
  /** The first byte that is asked for. */
  readonly from: number;
}

/** What an answer means for the bytes that are here. */
export type Verdict =
  /** The body goes on from the attempt's first byte; what overlaps must be equal to what is here. */
  | { kind: 'append'; total: number | undefined }
  /** The body is the whole file, and the same by its validator: skip what is here, whose end must be equal. */
  | { kind: 'skip'; total: number | undefined }
  /** The body is the whole file; what is here is of another version, or not proven to be of this one. */
  | { kind: 'start'; total: number | undefined; changed: boolean }
  /** What is here is the whole file. */
  | { kind: 'complete' }
  /** What is here is of another version, and so is of no use; ask for the whole file. */
  | { kind: 'changed' }
  /** The server sent a range without saying of which version: ask again, with an overlap. */
  | { kind: 'unproven' };

/**
 * The request for the bytes after the first `size` (RFC 9110, 13.1.5 and 14): a strong entity tag alone proves that
 * they belong together; a date, or nothing, is helped by an overlap.
 */
export function planAttempt(size: number, known: Sidecar): Attempt {
  if (size === 0) return { headers: {}, from: 0 };
  const from = known.etag === undefined ? Math.max(0, size - OVERLAP_BYTES) : size;
  const ifRange = known.etag ?? known.lastModified;
  return {
    headers: { range: `bytes=${from}-`, ...(ifRange === undefined ? {} : { 'if-range': ifRange }) },
    from,
  };
}

/** Judges a 200, 206 or 416 answer to `attempt`. Throws ProtocolError when it contradicts itself or the request. */
export function judge(
  attempt: Attempt,
  size: number,
  known: Sidecar,
  response: { status: number; headers: Readonly<Record<string, string>> },
): Verdict {
  const { status, headers } = response;
  if (status === 416) {
    if (attempt.headers['range'] === undefined)
      throw new ProtocolError('the server answered 416 to a request without Range');
    return { kind: provesEnd(attempt, size, known, headers) ? 'complete' : 'changed' };
  }
  if (status !== 206) {
    const total = contentLength(headers);
    if (size === 0) return { kind: 'start', total, changed: false };
    const changed = contradicts(known, size, headers, total);
    const proven = !changed && isSameVersion(known, headers, total);
    // A length that was told once holds for the same version, also when this answer does not tell it.
    return proven ? { kind: 'skip', total: total ?? known.total } : { kind: 'start', total, changed };
  }
  if (attempt.headers['range'] === undefined)
    throw new ProtocolError('the server answered 206 to a request without Range');
  const range = parseContentRange(headers['content-range']);
  if (range === undefined || range.from !== attempt.from || !isSound(range)) {
    throw new ProtocolError(
      `asked for bytes from ${attempt.from}, the server answered Content-Range "${headers['content-range'] ?? ''}"`,
    );
  }
  if (contradicts(known, size, headers, range.total)) return { kind: 'changed' };
  const proof = validatorOf(headers);
  const proven = attempt.from < size || (known.etag !== undefined && proof.etag === known.etag);
  // A server that does not know the total says at least where this body ends.
  const total = range.total ?? known.total ?? range.to + 1;
  return proven ? { kind: 'append', total } : { kind: 'unproven' };
}

/**
 * Whether a 416 says that nothing comes behind the first `size` bytes of the version that is known. One that refuses
 * bytes which are here, or tells another length than was told before, says nothing that can be relied on; one without
 * its Content-Range (RFC 9110, 15.5.17: only a SHOULD) says it with the very same strong entity tag.
 */
function provesEnd(
  attempt: Attempt,
  size: number,
  known: Sidecar,
  headers: Readonly<Record<string, string>>,
): boolean {
  if (attempt.from !== size || size !== (known.total ?? size)) return false;
  const { etag } = validatorOf(headers);
  const range = headers['content-range'];
  if (range === undefined) return etag !== undefined && etag === known.etag;
  return rangeTotal(range) === size && (etag ?? known.etag) === known.etag;
}

/** The validators of an answer; weak entity tags prove nothing about bytes. */
export function validatorOf(headers: Readonly<Record<string, string>>): Validator {
  const etag = headers['etag']?.trim();
  return {
    etag: etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined,
    lastModified: headers['last-modified'],
  };
}

/** `Content-Encoding`, `undefined` for none. */
export function encodingOf(headers: Readonly<Record<string, string>>): string | undefined {
  const coding = headers['content-encoding']?.trim().toLowerCase();
  return coding === undefined || coding === '' || coding === 'identity' ? undefined : coding;
}

function isSameVersion(
  known: Sidecar,
  headers: Readonly<Record<string, string>>,
  total: number | undefined,
): boolean {
  const { etag, lastModified } = validatorOf(headers);
  if (known.etag !== undefined) return etag === known.etag;
  // A date has whole seconds: it and an equal length are enough to compare what overlaps, and that decides.
  const alike = total !== undefined && total === known.total;
  return alike && known.lastModified !== undefined && lastModified === known.lastModified;
}

function contradicts(
  known: Sidecar,
  size: number,
  headers: Readonly<Record<string, string>>,
  total: number | undefined,
): boolean {
  if (total !== undefined && (total < size || total !== (known.total ?? total))) return true;
  // A 206 to If-Range need not repeat what the client knows already (RFC 9110, 15.3.7).
  const silent = 'content-range' in headers && !('content-encoding' in headers);
  if (!silent && encodingOf(headers) !== known.encoding) return true;
  const { etag, lastModified } = validatorOf(headers);
  if (known.etag !== undefined && etag !== undefined) return etag !== known.etag;
  return (
    known.lastModified !== undefined && lastModified !== undefined && lastModified !== known.lastModified
  );
}

function contentLength(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

interface ContentRange {
  readonly from: number;
  /** The last byte. */
  readonly to: number;
  readonly total?: number;
}

/** `bytes 0-99/100`, or `…/*` for an unknown total. */
function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [, from, to, total] = match;
  return { from: Number(from), to: Number(to), ...(total === '*' ? {} : { total: Number(total) }) };
}

function isSound({ from, to, total = Infinity }: ContentRange): boolean {
  return from <= to && to < total;
}

/** The total of an unsatisfied range, `bytes` with a star for the range. */
function rangeTotal(text: string | undefined): number | undefined {
  const match = /^bytes \*\/(\d+)$/.exec(text?.trim() ?? '');
  return match === null ? undefined : Number(match[1]);
}
