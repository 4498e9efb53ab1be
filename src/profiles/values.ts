/**
 * A percentage from what providers write: `"64%"`, `"64"`, `64`; with `fraction`, 0.64. Clamped to 0–100;
 * `undefined` for anything else.
 */
export function readPercent(value: unknown, fraction = false): number | undefined {
  const text = typeof value === 'string' ? value.trim().replace(/\s*%$/, '') : value;
  if (text === '' || (typeof text !== 'string' && typeof text !== 'number')) return undefined;
  const number = Number(text) * (fraction ? 100 : 1);
  return Number.isFinite(number) ? Math.min(100, Math.max(0, number)) : undefined;
}

/** Later than any date of this century in seconds: such a number can only be milliseconds. */
const SMALLEST_MILLISECONDS = 1e11;

/** An instant in milliseconds from unix seconds (number or string), unix milliseconds, or ISO 8601 / HTTP dates. */
export function readInstant(value: unknown): number | undefined {
  if (typeof value === 'number' || (typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value))) {
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0) return undefined;
    return number >= SMALLEST_MILLISECONDS ? number : number * 1000;
  }
  if (typeof value !== 'string') return undefined;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** The wait in milliseconds that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds or a date. */
export function readRetryAfter(header: string | undefined, serverNow: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - serverNow);
}
