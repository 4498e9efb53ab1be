import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { firstInstantOf, wallClockOf } from '../../src/profiles/time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const FIRST = Date.UTC(1990, 0, 1);
const LAST = Date.UTC(2038, 0, 1);

/** What clocks show, read another way than the program does: from the one text of a locale that writes ISO 8601. */
function clockIn(timeZone: string): (instant: number) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(instant).replace(' ', 'T');
}

/** The first minute of the day, or of the first day after one that a zone left out, among all minutes around it. */
function firstMinuteOf(day: string, timeZone: string): number {
  const clock = clockIn(timeZone);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  for (let minute = midnight - DAY_MS; minute < midnight + DAY_MS; minute += MINUTE_MS) {
    if (clock(minute) >= day) return minute;
  }
  throw new Error(`${timeZone} has no ${day}`);
}

/** A change of clocks, and how far they were from UTC before and after it, in ms. */
interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** The changes of a zone, to the second. */
function changesIn(timeZone: string): Change[] {
  const clock = clockIn(timeZone);
  const offset = (instant: number): number => Date.parse(`${clock(instant)}Z`) - instant;
  const changes: Change[] = [];
  let before = offset(FIRST);
  for (let start = FIRST; start < LAST; start += 10 * DAY_MS) {
    const after = offset(start + 10 * DAY_MS);
    if (after === before) continue;
    let [low, high] = [start, start + 10 * DAY_MS];
    while (high - low > 1000) {
      const middle = low + Math.floor((high - low) / 2000) * 1000;
      if (offset(middle) === before) low = middle;
      else high = middle;
    }
    changes.push({ at: high, before, after });
    before = after;
  }
  return changes;
}

function firstInstant(day: string, timeZone: string): number {
  return firstInstantOf(Date.parse(`${day}T00:00:00Z`), wallClockOf(timeZone));
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}

describe('the first instant of a day', () => {
  it.each([
    ['America/Havana', '2024-03-10', '2024-03-10T05:00:00Z', 'has no midnight'],
    ['America/Santiago', '2024-09-08', '2024-09-08T04:00:00Z', 'has no midnight'],
    ['America/Asuncion', '2023-10-01', '2023-10-01T04:00:00Z', 'has no midnight'],
    ['America/Sao_Paulo', '2016-10-16', '2016-10-16T03:00:00Z', 'has no midnight'],
    ['America/Havana', '2024-11-03', '2024-11-03T04:00:00Z', 'has midnight twice'],
    [
      'America/St_Johns',
      '2010-11-07',
      '2010-11-07T02:30:00Z',
      'begins, ends after a minute, and begins again',
    ],
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00Z', 'was left out'],
    ['America/Sao_Paulo', '2016-10-15', '2016-10-15T03:00:00Z', 'is the day before a change'],
    ['Europe/Berlin', '2024-03-31', '2024-03-30T23:00:00Z', 'has a change later on'],
    ['Asia/Kathmandu', '2024-05-06', '2024-05-05T18:15:00Z', 'is like any other'],
  ])('in %s that of %s is %s: the day %s', (zone, day, instant) => {
    expect(new Date(firstInstant(day, zone)).toISOString()).toBe(instant.replace('Z', '.000Z'));
    expect(firstMinuteOf(day, zone)).toBe(Date.parse(instant));
  });

  it('is right on every day around every change of clocks since 1990, in every zone', () => {
    const wrong: string[] = [];
    let days = 0;
    for (const zone of Intl.supportedValuesOf('timeZone')) {
      const clock = wallClockOf(zone);
      for (const { at, before, after } of changesIn(zone)) {
        const around = [-2, -1, 0, 1, 2].map((day) => Date.parse(isoDay(at)) + day * DAY_MS);
        for (const midnight of around) {
          const first = midnight - before < at ? midnight - before : Math.max(at, midnight - after);
          if (firstInstantOf(midnight, clock) !== first) wrong.push(`${zone}: ${isoDay(midnight)}`);
          days += 1;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(days).toBeGreaterThan(10_000);
  }, 120_000);

  it('is that which is found among all minutes', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.nat((LAST - FIRST) / DAY_MS - 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (zone, days, pick) => {
          const changes = changesIn(zone);
          const change = changes[Math.floor(pick * changes.length)];
          const anyDay = isoDay(FIRST + days * DAY_MS);
          for (const day of change === undefined ? [anyDay] : [anyDay, isoDay(change.at + change.after)]) {
            expect([zone, day, firstInstant(day, zone)]).toEqual([zone, day, firstMinuteOf(day, zone)]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});
