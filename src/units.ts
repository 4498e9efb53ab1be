const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

/**
 * Milliseconds from `500ms`, `90s`, `1h30m` or `1d`; parts add up, decimals are allowed. A number without a unit
 * is an error: half the world would mean seconds by it. Throws RangeError.
 */
export function parseDuration(text: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) {
    throw new RangeError('must be a duration with its unit, such as 500ms, 90s or 1h30m');
  }
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * DURATION_UNITS[unit as keyof typeof DURATION_UNITS];
  }
  if (!Number.isSafeInteger(Math.round(total))) throw new RangeError('is too long a duration');
  return Math.round(total);
}

/** Bytes from `500MB` (powers of 1000), `2GiB` (powers of 1024) or a plain number of bytes. Throws RangeError. */
export function parseSize(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([a-zA-Z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(SIZE_UNITS, unit.toLowerCase()) ? SIZE_UNITS[unit.toLowerCase()] : undefined;
  if (amount === undefined || (unit !== '' && factor === undefined)) {
    throw new RangeError('must be a size such as 500MB or 2GiB');
  }
  const bytes = Math.round(Number(amount) * (factor ?? 1));
  if (!Number.isSafeInteger(bytes)) throw new RangeError('is too large a size');
  return bytes;
}
