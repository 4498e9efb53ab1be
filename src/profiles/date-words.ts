const DAY_MS = 86_400_000;
const WORD = /\{(today|yesterday)([^{}]*)\}/g;
const REST = /^(?<days>[+-]\d{1,4}d)?(?:@(?<zone>[\w+/-]+))?(?<unix>:unix)?$/;

/**
 * Fills in the date words of a text, so that a crontab needs no arithmetic:
 *
 *     {today} {yesterday}         a calendar date, 2024-05-06
 *     {today-7d} {yesterday+1d}   days before or after it
 *     {today@Europe/Moscow}       in that time zone (IANA) instead of `zone`
 *     {yesterday:unix}            the first second of that day, as unix seconds
 *
 * @param now ms since the epoch
 * @param zone `undefined` for the time zone of this machine (`TZ`)
 * Throws RangeError for a word that begins like one of these and goes on otherwise, and for an unknown time zone.
 */
export function fillDateWords(text: string, now: number, zone: string | undefined): string {
  return text.replace(WORD, (word, base: string, rest: string) => {
    const groups = REST.exec(rest)?.groups;
    if (groups === undefined) {
      throw new RangeError(
        `has ${word}, which is no date: {today}, {yesterday}, {today-7d}, {today@Europe/Berlin} and {today:unix} are`,
      );
    }
    const inZone = groups['zone'] ?? zone;
    const days = Number.parseInt(groups['days'] ?? '0', 10) - (base === 'yesterday' ? 1 : 0);
    const day = wallClock(now, inZone) + days * DAY_MS;
    const midnight = day - (((day % DAY_MS) + DAY_MS) % DAY_MS);
    if (groups['unix'] === undefined) return new Date(midnight).toISOString().slice(0, 10);
    return String(Math.floor(instantOf(midnight, inZone) / 1000));
  });
}

/** What clocks in the zone show at an instant, as if it were UTC, in ms. */
function wallClock(instant: number, timeZone: string | undefined): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = (
    ['year', 'month', 'day', 'hour', 'minute', 'second'] as const
  ).map((type) => parts.get(type));
  return Date.UTC(year, month - 1, day, hour, minute, second);
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

/** The instant at which clocks in the zone show `wall`: the zone's offset is that of nearly the same instant. */
function instantOf(wall: number, timeZone: string | undefined): number {
  const nearly = wall - (wallClock(wall, timeZone) - wall);
  return wall - (wallClock(nearly, timeZone) - nearly);
}
