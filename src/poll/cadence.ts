export interface Cadence {
  /** Shortest and longest wait between two looks, in ms. */
  readonly floorMs: number;
  readonly ceilingMs: number;
}

/** A percentage and when it was seen, in ms. */
export interface Mark {
  readonly at: number;
  readonly percent: number;
}

/** Looking every tenth of the time already waited keeps the lateness a bounded share of the export's duration. */
const SHARE_OF_ELAPSED = 0.1;
/** Look a little before the extrapolated end: extrapolation is a guess, and a look there corrects it. */
const SHARE_OF_REMAINING = 0.6;
const JITTER = 0.1;

/**
 * The wait before the next look, in ms:
 *
 * | known | wait |
 * | --- | --- |
 * | the provider's word (`retryAfterMs`) | that, even past the ceiling |
 * | a percentage that grew | 60 % of the extrapolated rest |
 * | nothing | a tenth of the time already waited |
 *
 * with 10 % jitter, between floor and ceiling.
 */
export function nextDelay(
  seen: { elapsedMs: number; marks: readonly Mark[]; retryAfterMs?: number | undefined },
  { floorMs, ceilingMs }: Cadence,
  random: () => number,
): number {
  const jitter = 1 + (random() * 2 - 1) * JITTER;
  if (seen.retryAfterMs !== undefined)
    return Math.max(floorMs, seen.retryAfterMs) + random() * floorMs * JITTER;
  const remaining = extrapolate(seen.marks);
  const wish = remaining === undefined ? seen.elapsedMs * SHARE_OF_ELAPSED : remaining * SHARE_OF_REMAINING;
  return Math.min(ceilingMs, Math.max(floorMs, wish * jitter));
}

/** The time that is left, in ms, at the pace between the first and the last mark. */
function extrapolate(marks: readonly Mark[]): number | undefined {
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined || last.percent <= first.percent) return undefined;
  return ((100 - last.percent) * (last.at - first.at)) / (last.percent - first.percent);
}
