import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { dueAt, type RateLimit } from '../../src/api/rate-limit.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** MyTracker's limits for one API user. */
const MYTRACKER: readonly RateLimit[] = [
  { requests: 10, perMs: 1000 },
  { requests: 100, perMs: MINUTE },
  { requests: 1000, perMs: HOUR },
];

/** When requests go out that are all wanted at once, in ms. */
function sendAll(limits: readonly RateLimit[], count: number, urgency: 'poll' | 'urgent'): number[] {
  const sent: number[] = [];
  for (let now = 0; sent.length < count; sent.push(now)) now = dueAt(limits, sent, now, urgency, undefined);
  return sent;
}

/** The most of the ascending `times` in any span of `perMs`. */
function mostWithin(times: readonly number[], perMs: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while (times[to]! - times[from]! >= perMs) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

describe('a request is due', () => {
  it('at once while nothing was sent', () => {
    expect(dueAt(MYTRACKER, [], 5, 'poll', undefined)).toBe(5);
  });

  it('when the oldest of as many requests as the limit allows has left the span', () => {
    const sent = [0, 10, 20];
    expect(dueAt([{ requests: 3, perMs: 1000 }], sent, 30, 'urgent', undefined)).toBe(1000);
    expect(dueAt([{ requests: 4, perMs: 1000 }], sent, 30, 'urgent', undefined)).toBe(30);
  });

  it('a minute after the service said that nothing is left, if it is a poll', () => {
    const allowance = { remaining: 0, at: 100 };
    expect(dueAt(MYTRACKER, [], 200, 'poll', allowance)).toBe(100 + MINUTE);
    expect(dueAt(MYTRACKER, [], 200, 'urgent', allowance)).toBe(200);
  });

  it('later, the more of the allowance others have used', () => {
    const wait = (remaining: number): number =>
      dueAt([{ requests: 5000, perMs: HOUR }], [1000], 1000, 'poll', { remaining, at: 1000 }) - 1000;
    expect(wait(4000)).toBe(0);
    expect(wait(3000)).toBeGreaterThan(1000);
    expect(wait(1000)).toBeGreaterThan(wait(3000));
  });
});

it('a count of the service that makes no sense slows polls down to one a minute at most', () => {
  const allowance = { remaining: 4999, of: 1e9, at: 0 };
  expect(dueAt([{ requests: 5000, perMs: HOUR }], [0], 0, 'poll', allowance)).toBeLessThanOrEqual(MINUTE);
});

describe('polls without end', () => {
  it('take no more than half of any limit', () => {
    const sent = sendAll(MYTRACKER, 2000, 'poll');
    for (const { requests, perMs } of MYTRACKER) {
      expect(mostWithin(sent, perMs)).toBeLessThanOrEqual(requests / 2);
    }
  });

  it('never stand still for long, since they are spread over the span', () => {
    const sent = sendAll(MYTRACKER, 2000, 'poll');
    const gaps = sent.slice(1).map((at, index) => at - sent[index]!);
    // 500 an hour are one every 7.2 s.
    expect(Math.max(...gaps)).toBeLessThan(20_000);
    expect(mostWithin(sent.slice(1000), HOUR)).toBeGreaterThan(300);
  });

  it('keep any limits, whatever they are', () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 50 }),
      perMs: fc.integer({ min: 1, max: 10_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(limit, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('poll', 'urgent'),
        (limits, urgency) => {
          const sent = sendAll(limits, 120, urgency);
          for (const { requests, perMs } of limits) {
            const share = urgency === 'poll' ? Math.max(1, Math.floor(requests / 2)) : requests;
            expect(mostWithin(sent, perMs)).toBeLessThanOrEqual(share);
          }
        },
      ),
    );
  });
});
