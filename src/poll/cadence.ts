/** The shortest and the longest wait between two looks, in ms. */
export interface Cadence {
  readonly floorMs: number;
  readonly ceilingMs: number;
}

/** A percentage, and when it was first seen, in ms since the first look. */
export interface Mark {
  readonly at: number;
  readonly percent: number;
}

/** What the looks of one wait have found so far; times in ms. */
export interface Seen {
  /** Since the first look. */
  readonly elapsedMs: number;
  /** Growing percentages, the first and the latest of them. */
  readonly marks: readonly Mark[];
  /** What the provider asks for. */
  readonly retryAfterMs?: number | undefined;
}

/** A look is late by a tenth of the export's own duration at most, whatever its percentages had promised. */
const LARGEST_SHARE = 0.1;
/** Of the time that seems to be left: several looks on the way correct a guess that is wrong. */
const SHARE_OF_REST = 0.3;
const JITTER = 0.1;
/** A server that asks for more, in ms, is wrong, and a look an hour costs nothing. */
const LONGEST_ASKED_MS = 3_600_000;

/**
 * The wait before the next look, in ms:
 *
 * | known | wait |
 * | --- | --- |
 * | the provider's word | that, even past the ceiling, for an hour at most |
 * | a percentage that grows | 30 % of the extrapolated rest, a tenth of the time already waited at most |
 * | one that should have ended by now | a tenth of the time that it is overdue, at most the wait without one |
 * | nothing | the root of half the time already waited (in seconds), see `blindly` |
 *
 * up to 10 % less by chance, between floor and ceiling. `npm run bench:polling` shows what it costs.
 */
export function nextDelay(seen: Seen, { floorMs, ceilingMs }: Cadence, random: () => number): number {
  const { elapsedMs, marks, retryAfterMs } = seen;
  if (retryAfterMs !== undefined) {
    // Later rather than sooner, so that not everybody returns at the same instant.
    return Math.max(floorMs, Math.min(retryAfterMs, LONGEST_ASKED_MS)) + random() * floorMs * JITTER;
  }
  const rest = restAt(elapsedMs, marks);
  let wish = blindly(elapsedMs);
  if (rest !== undefined && rest > 0) wish = Math.min(rest * SHARE_OF_REST, elapsedMs * LARGEST_SHARE);
  else if (rest !== undefined) wish = Math.min(wish, -rest * LARGEST_SHARE);
  return Math.min(ceilingMs, Math.max(floorMs, wish * (1 - random() * JITTER)));
}

/** How many of the latest marks are worth keeping, besides the first. */
const LATEST = 5;

/** The marks with one more, if it has grown: the first and the latest few. */
export function withMark(marks: readonly Mark[], mark: Mark): readonly Mark[] {
  const last = marks.at(-1);
  if (last !== undefined && mark.percent <= last.percent) return marks;
  return [...marks.slice(0, 1), ...marks.slice(Math.max(1, marks.length - LATEST + 1)), mark];
}

/**
 * The wait in ms when nothing tells how long the export will take. When every order of magnitude is as likely as any
 * other, waits that grow with the root of the time waited have the least lateness for a number of looks; with this
 * factor it is 5 s until 50 s, and less than a tenth of the time waited after that.
 */
function blindly(elapsedMs: number): number {
  return Math.sqrt(elapsedMs / 1000 / 2) * 1000;
}

/**
 * The time that is left at `elapsedMs`, in ms, negative when the end is overdue; `undefined` without two percentages. Goes by
 * the faster of the paces since the first mark and over the latest: to look too early costs a request, and corrects
 * itself.
 */
function restAt(elapsedMs: number, marks: readonly Mark[]): number | undefined {
  const [first, recent, last] = [marks[0], marks[Math.max(0, marks.length - LATEST)], marks.at(-1)];
  if (first === undefined || recent === undefined || last === undefined || last === first) return undefined;
  const pace = Math.max(paceBetween(first, last), paceBetween(recent, last));
  return last.at + (100 - last.percent) / pace - elapsedMs;
}

/** In percent a ms; two looks in the same ms are as good as one ms apart. */
function paceBetween(from: Mark, to: Mark): number {
  return (to.percent - from.percent) / Math.max(1, to.at - from.at);
}
