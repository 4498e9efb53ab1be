import { ProtocolError } from '../../errors.ts';
import type { Sidecar, Validator } from '../part/sidecar.ts';
import { parseContentRange, parseUnsatisfiedTotal } from './content-range.ts';

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
  /**
   * The body goes on from the attempt's first byte to the one before `end`, which need not be all that was asked for;
   * what overlaps must be equal to what is here.
   */
  | { kind: 'append'; total: number | undefined; end: number }
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
  return attemptFrom(known.etag === undefined ? Math.max(0, size - OVERLAP_BYTES) : size, known);
}

/** The request for nothing but what comes behind the first `size` bytes: an overlap never tells that it is the end. */
export function planProbe(size: number, known: Sidecar): Attempt {
  return attemptFrom(size, known);
}

function attemptFrom(from: number, known: Sidecar): Attempt {
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
  if (range === undefined || range.from !== attempt.from) {
    throw new ProtocolError(
      `asked for bytes from ${attempt.from}, the server answered Content-Range "${headers['content-range'] ?? ''}"`,
    );
  }
  const length = contentLength(headers);
  if (length !== undefined && length > range.to + 1 - range.from) {
    throw new ProtocolError(
      `the server answered Content-Range "${headers['content-range'] ?? ''}" with ${length} bytes`,
    );
  }
  if (contradicts(known, size, headers, range.total)) return { kind: 'changed' };
  const proof = validatorOf(headers);
  const proven = attempt.from < size || (known.etag !== undefined && proof.etag === known.etag);
  if (!proven) return { kind: 'unproven' };
  return { kind: 'append', total: range.total ?? known.total, end: range.to + 1 };
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
  const told = validatorOf(headers);
  const range = headers['content-range'];
  if (range === undefined) return told.etag !== undefined && told.etag === known.etag;
  return parseUnsatisfiedTotal(range) === size && !hasOtherTag(known, told);
}

/** The validators of an answer. */
export function validatorOf(headers: Readonly<Record<string, string>>): Validator {
  const tag = headers['etag']?.trim() ?? '';
  return {
    etag: /^"[^"]*"$/.test(tag) ? tag : undefined,
    weakEtag: /^W\/"[^"]*"$/.test(tag) ? tag : undefined,
    lastModified: headers['last-modified'],
  };
}

/** What is known of a file whose entity tag the server does not stand by: it can still prove that the file changed. */
export function withoutProof({ etag, ...known }: Sidecar): Sidecar {
  return etag === undefined ? known : { ...known, weakEtag: `W/${etag}` };
}

/**
 * Whether entity tags prove that two answers are of different versions: by the weak comparison (RFC 9110, 8.8.3.2), since
 * servers that compress make a strong tag weak. That they are of the same one only strong tags can prove.
 */
function hasOtherTag(known: Validator, answered: Validator): boolean {
  const [one, other] = [known, answered].map(({ etag, weakEtag }) => etag ?? weakEtag?.replace(/^W\//, ''));
  return one !== undefined && other !== undefined && one !== other;
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
  const told = validatorOf(headers);
  if (hasOtherTag(known, told)) return true;
  if (known.etag !== undefined && told.etag !== undefined) return false;
  return (
    known.lastModified !== undefined &&
    told.lastModified !== undefined &&
    told.lastModified !== known.lastModified
  );
}

function contentLength(headers: Readonly<Record<string, string>>): number | undefined {
  const text = headers['content-length'];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
