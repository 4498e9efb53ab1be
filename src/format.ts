const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Bytes in decimal (SI) units: `999 B`, `1.2 MB`, `123 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, Math.round(bytes));
  let unit = 0;
  // 999.5 would round to 1000 of the unit: that is 1.0 of the next.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** A duration in its two largest units: `340 ms`, `3.4 s`, `42 s`, `2m 3s`, `1h 2m`, `3d 4h`. */
export function formatDuration(ms: number): string {
  const rounded = Math.max(0, Math.round(ms));
  if (rounded < SECOND) return `${rounded} ms`;
  if (rounded < 9950) return `${(rounded / SECOND).toFixed(1).replace('.0', '')} s`;
  if (rounded < MINUTE - SECOND / 2) return `${Math.round(rounded / SECOND)} s`;
  if (rounded < HOUR - SECOND / 2) return twoUnits(rounded, MINUTE, 'm', SECOND, 's');
  if (rounded < DAY - MINUTE / 2) return twoUnits(rounded, HOUR, 'h', MINUTE, 'm');
  return twoUnits(rounded, DAY, 'd', HOUR, 'h');
}

/** A wait or a remainder, which nobody wants to know to the tenth: whole seconds, rounded up; `<1 s` for less than one. */
export function formatCountdown(ms: number): string {
  if (ms <= 0) return '0 s';
  return ms < SECOND ? '<1 s' : formatDuration(Math.ceil(ms / SECOND) * SECOND);
}

/** An instant, in ms since the epoch, on this machine's clock: `2026-11-22 09:56`. */
export function formatLocalTime(ms: number): string {
  const at = new Date(ms);
  const [month, day, hours, minutes] = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes()].map(
    (part) => String(part).padStart(2, '0'),
  );
  return `${at.getFullYear()}-${month}-${day} ${hours}:${minutes}`;
}

/** Bytes per second: `1.2 MB/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Milliseconds until `total` bytes are there; undefined while nobody can say. */
export function timeLeft(
  bytes: number,
  total: number | undefined,
  bytesPerSecond: number | undefined,
): number | undefined {
  if (total === undefined || bytesPerSecond === undefined || bytesPerSecond <= 0) return undefined;
  return (Math.max(0, total - bytes) / bytesPerSecond) * SECOND;
}

/** `1 file`, `2 files`. */
export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const perLarge = large / small;
  const rest = smalls % perLarge;
  return `${Math.floor(smalls / perLarge)}${largeName}${rest === 0 ? '' : ` ${rest}${smallName}`}`;
}
