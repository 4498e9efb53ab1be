import { distance } from 'fastest-levenshtein';

import { firstInstantOf, midnightOf, wallClockOf } from './time-zone.ts';

const DAY_MS = 86_400_000;
/** In days from today. */
const BASES: Readonly<Record<string, number>> = { today: 0, yesterday: -1, tomorrow: 1 };
const ENDING = /^(?<days>[+-]\d{1,4}d)?(?:@(?<zone>[\w+/-]+))?(?<unix>:unix)?$/;
/** What is in braces, and, before that, what is in two pairs of them. */
const BRACED = /\{\{([^{}]*)\}\}|\{([^{}]*)\}/g;
/** `{monday-7d}`, `{date:unix}`: what is written like a date word, with another name for the day. */
const LIKE_A_WORD = /^\s*[a-z]+\s*(?:[+-]\s*\d+\s*d(?:@[\w+/-]+)?(?::unix)?|(?:@[\w+/-]+)?:unix)\s*$/i;
/** As much of a mistake as is quoted. */
const MOST_SHOWN = 60;

/**
 * Fills in the date words of a text, so that a crontab needs no arithmetic:
 *
 *     {today} {yesterday} {tomorrow}   a calendar date, 2024-05-06
 *     {today-7d} {yesterday+1d}        days before or after it
 *     {today@Europe/Moscow}            in that time zone (IANA) instead of `zone`
 *     {yesterday:unix}                 the first instant of that day, as unix seconds
 *     {{today}}                        no date: `{today}`
 *
 * Other braces are the value's own, as in JSON, a GUID or `{id}`, and stay as they are; those that only a date word can
 * have been meant by (see `baseMeant`) are a mistake. Throws RangeError for a mistaken word, naming the one that is like
 * it, and for an unknown time zone.
 *
 * @param now ms since the epoch
 * @param zone `undefined` for the time zone of this machine (`TZ`)
 */
export function fillDateWords(text: string, now: number, zone: string | undefined): string {
  return text.replace(BRACED, (braced, doubled: string | undefined, single: string | undefined) => {
    const content = doubled ?? single ?? '';
    const base = baseMeant(content);
    if (base === undefined) return braced;
    return doubled === undefined ? dateOf(content, base, now, zone) : `{${content}}`;
  });
}

/** The value with the date words in all of its texts filled in, at any depth. Throws as `fillDateWords` does. */
export function fillDates(value: unknown, now: number, zone: string | undefined): unknown {
  if (typeof value === 'string') return fillDateWords(value, now, zone);
  if (Array.isArray(value)) return value.map((element) => fillDates(element, now, zone));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, fillDates(inner, now, zone)]),
  );
}

/** What is wrong with the date words in a value, whatever the day; `undefined` for nothing. */
export function dateMistakeIn(value: unknown): string | undefined {
  try {
    fillDates(value, 0, 'UTC');
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function dateOf(content: string, base: string, now: number, zone: string | undefined): string {
  const groups = content.startsWith(base) ? ENDING.exec(content.slice(base.length))?.groups : undefined;
  if (groups === undefined) throw new RangeError(mistake(content, base));
  const clock = wallClockOf(groups['zone'] ?? zone);
  const days = Number.parseInt(groups['days'] ?? '0', 10) + (BASES[base] ?? 0);
  const midnight = midnightOf(clock(now)) + days * DAY_MS;
  if (groups['unix'] === undefined) return new Date(midnight).toISOString().slice(0, 10);
  return String(Math.floor(firstInstantOf(midnight, clock) / 1000));
}

/**
 * The day that a content of braces means, or was probably meant to: it begins, whatever its case, with the name of one,
 * or with a word that is one letter in three from it, or the same letters in another order; with `now`; or it is
 * written like a date word. `undefined` for everything else.
 */
function baseMeant(content: string): string | undefined {
  const word = wordOf(content);
  const bases = Object.keys(BASES);
  const begun = bases.find((base) => word.startsWith(base));
  if (begun !== undefined || word === '') return begun;
  const byDistance = bases
    .filter((base) => Math.abs(base.length - word.length) <= base.length / 3)
    .find((base) => distance(word, base) <= base.length / 3 || sorted(word) === sorted(base));
  if (byDistance !== undefined) return byDistance;
  return word === 'now' || LIKE_A_WORD.test(content) ? 'today' : undefined;
}

/** The letters that the content begins with, in lower case. */
function wordOf(content: string): string {
  return (/^\s*([a-z]+)/i.exec(content)?.[1] ?? '').toLowerCase();
}

function sorted(word: string): string {
  return word.split('').sort().join('');
}

function mistake(content: string, base: string): string {
  const rest = content.trim().slice(wordOf(content).length).replace(/\s/g, '');
  const ending =
    [rest, rest.toLowerCase(), rest.replace(/\d$/, '$&d')].find((text) => ENDING.test(text)) ?? '';
  const shown = content.length > MOST_SHOWN ? `${content.slice(0, MOST_SHOWN)}…` : content;
  return (
    `has {${shown}}, which is no date; did you mean {${base}${ending}}? There are {today}, {yesterday} and {tomorrow}, ` +
    `which {today-7d}, {today@Europe/Berlin} and {today:unix} vary; {{${shown}}} sends the braces`
  );
}
