const DAY_MS = 86_400_000;

/** What clocks show at an instant (ms since the epoch): the same date and time of day in UTC, in ms, to the second. */
export type WallClock = (instant: number) => number;

/**
 * The clocks of a time zone (IANA); of this machine's (`TZ`) for `undefined`. Throws RangeError for a zone that does not
 * exist.
 */
export function wallClockOf(timeZone: string | undefined): WallClock {
  const format = formatOf(timeZone);
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (
      ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
    ).map((type) => parts.get(type));
    return Date.UTC(year, month - 1, day, hour, minute, second);
  };
}

/** The midnight, as clocks show it, with which the day of `wall` begins. */
export function midnightOf(wall: number): number {
  return Math.floor(wall / DAY_MS) * DAY_MS;
}

/**
 * The first instant of the day that begins with `midnight`. That is when clocks first show it; where they never do,
 * because they are put forward over it, it is when they are put forward, as ECMAScript's Temporal has it, too.
 */
export function firstInstantOf(midnight: number, clock: WallClock): number {
  // No zone is further than this from UTC, so that one is before and one after it, each with its own offset if that
  // changes in between.
  const [before, after] = [midnight - DAY_MS, midnight + DAY_MS];
  const instants = [before, after].map((near) => midnight - (clock(near) - near));
  const shown = instants.filter((instant) => clock(instant) === midnight);
  return shown.length > 0 ? Math.min(...shown) : firstPast(midnight, before, after, clock);
}

/** The first instant after `before` at which clocks show `wall` or later; they do so at `after`. */
function firstPast(wall: number, before: number, after: number, clock: WallClock): number {
  let [low, high] = [before, after];
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (clock(middle) < wall) low = middle;
    else high = middle;
  }
  return high;
}

function formatOf(timeZone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw new RangeError(`names a time zone that does not exist: ${timeZone}`, { cause: error });
  }
}
