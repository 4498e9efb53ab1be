/** What part of a file a request gets: all of it, the bytes `start` to `end` (inclusive), or none. */
export type Selection =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** As in Last-Modified. */
  readonly lastModified: string;
}

/**
 * Reads `Range` and `If-Range` (RFC 9110, 13.1.5 and 14.2) for a file of `size` bytes.
 *
 * | Range | gets |
 * | --- | --- |
 * | absent, malformed, several ranges, or If-Range names another version | all, as S3 does |
 * | `bytes=5-9`, `bytes=5-` | from byte 5, to the file's end at most |
 * | `bytes=-5` | the last five bytes |
 * | begins behind the end, or `bytes=-0` | unsatisfiable |
 */
export function selectRange(
  headers: { readonly range?: string | undefined; readonly 'if-range'?: string | undefined },
  size: number,
  validators: Validators,
): Selection {
  const condition = headers['if-range'];
  // Compared as they are, so that a weak ETag (W/"…") never matches: it does not vouch for single bytes.
  if (condition !== undefined && condition !== validators.etag && condition !== validators.lastModified) {
    return { kind: 'all' };
  }
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '');
  if (match === null) return { kind: 'all' };
  const [, first = '', last = ''] = match;
  if (first === '') return last === '' ? { kind: 'all' } : suffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Number(last);
  if (last !== '' && end < start) return { kind: 'all' };
  if (start >= size) return { kind: 'unsatisfiable' };
  return { kind: 'part', start, end: Math.min(end, size - 1) };
}

function suffix(length: number, size: number): Selection {
  if (length === 0 || size === 0) return { kind: 'unsatisfiable' };
  return { kind: 'part', start: Math.max(0, size - length), end: size - 1 };
}
