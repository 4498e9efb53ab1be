/** The bytes of a file that an answer has (RFC 9110, 14.4). */
export interface ContentRange {
  readonly from: number;
  /** The last byte. */
  readonly to: number;
  /** Of the whole file, if it is told. */
  readonly total?: number;
}

/**
 * `bytes 0-99/100`, or `…/*` for an unknown total; `undefined` for what is neither, contradicts itself, or has a number
 * that is not exact any more (2^53 and above): no file is that large.
 */
export function parseContentRange(text: string | undefined): ContentRange | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const [from = 0, to = 0] = [match[1], match[2]].map(Number);
  const total = match[3] === '*' ? undefined : Number(match[3]);
  if (from > to || to >= (total ?? Infinity) || !Number.isSafeInteger(total ?? to)) return undefined;
  return { from, to, ...(total === undefined ? {} : { total }) };
}

/** The total of an unsatisfied range, `bytes` with a star for the range. */
export function parseUnsatisfiedTotal(text: string): number | undefined {
  const match = /^bytes \*\/(\d+)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]);
}
