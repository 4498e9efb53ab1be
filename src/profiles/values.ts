/**
 * A percentage from what providers write: `"64%"`, `"64"`, `64`, `"in progress (64 %)"`; with `fraction`, 0.64. Clamped
 * to 0–100; `undefined` for anything else.
 */
export function readPercent(value: unknown, fraction = false): number | undefined {
  const text =
    typeof value === 'string' ? (/(-?\d+(?:\.\d+)?)\s*%(?!%)/.exec(value)?.[1] ?? value.trim()) : value;
  if (text === '' || (typeof text !== 'string' && typeof text !== 'number')) return undefined;
  const number = Number(text) * (fraction ? 100 : 1);
  return Number.isFinite(number) ? Math.min(100, Math.max(0, number)) : undefined;
}

/** Later than any date of this century in seconds: such a number can only be milliseconds. */
const SMALLEST_MILLISECONDS = 1e11;
/** The end of the year 9999; what is beyond has no ISO form, and means "never". */
const LATEST = Date.UTC(10_000, 0) - 1;

/**
 * An instant in milliseconds from unix seconds (number or string), unix milliseconds, or a date as `readDate` knows
 * it; `undefined` for anything else.
 */
export function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value))) {
    const number = Number(value);
    if (!(number > 0 && number <= LATEST)) return undefined;
    return number >= SMALLEST_MILLISECONDS ? number : number * 1000;
  }
  return typeof value === 'string' ? readDate(value) : undefined;
}

const ISO_DATE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)?$/i;
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? [a-z\d -]+ \d\d:\d\d:\d\d( GMT| \d{4})$/i;

/**
 * An ISO 8601 or HTTP date (RFC 9110, 5.6.7) in milliseconds. `Date.parse` alone finds a date in almost any text, and
 * takes one without a zone for local time; a server that leaves the zone out means UTC.
 */
export function readDate(text: string): number | undefined {
  const trimmed = text.trim();
  if (!ISO_DATE.test(trimmed) && !HTTP_DATE.test(trimmed)) return undefined;
  const hasZone = /(Z|UTC|GMT|:\d\d(\.\d+)? ?[+-]\d\d:?\d\d)$/i.test(trimmed);
  const parsed = Date.parse(hasZone ? trimmed : `${trimmed}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** The wait in milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date. */
export function readRetryAfter(header: string | undefined, serverNow: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = readDate(header);
  return date === undefined ? undefined : Math.max(0, date - serverNow);
}
