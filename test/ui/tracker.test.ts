import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nextSpeed } from '../../src/ui/speed.ts';
import { Tracker } from '../../src/ui/tracker.ts';
import { ended, failed, progress, saved, started, status } from './world.ts';

function only<T>(map: ReadonlyMap<string, T>): T {
  expect(map.size).toBe(1);
  return [...map.values()][0]!;
}

describe('the tracker', () => {
  it('never lets the percentage of a wait go back or reach 100', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -10, max: 500 })), (percents) => {
        const tracker = new Tracker();
        let before = 0;
        for (const percent of percents) {
          tracker.apply(status({ percent }), 0);
          const now = only(tracker.waits).percent ?? 0;
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBeLessThan(100);
          before = now;
        }
      }),
    );
  });

  it('never lets the percentage of a file go back or reach 100, even when the transfer starts over', () => {
    const step = fc.record({
      bytes: fc.nat(2000),
      total: fc.option(fc.nat(1000), { nil: undefined }),
      restart: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const tracker = new Tracker();
        tracker.apply(started('a.csv', 1000), 0);
        let before = 0;
        for (const { bytes, total, restart } of steps) {
          tracker.apply(restart ? started('a.csv', total) : progress('a.csv', bytes, total), 0);
          const now = only(tracker.transfers).percent ?? 0;
          expect(now).toBeGreaterThanOrEqual(before);
          expect(now).toBeLessThan(100);
          before = now;
        }
      }),
    );
  });

  it('starts a resumed file at the share that is already there', () => {
    const tracker = new Tracker();
    tracker.apply(started('a.csv', 1000, 640), 0);
    expect(only(tracker.transfers).percent).toBe(64);
  });

  it('keeps the total that was announced when progress does not repeat it', () => {
    const tracker = new Tracker();
    tracker.apply(started('a.csv', 1000), 0);
    tracker.apply(progress('a.csv', 500), 0);
    expect(only(tracker.transfers)).toMatchObject({ total: 1000, percent: 50 });
  });

  it('remembers nothing that is over', () => {
    const tracker = new Tracker();
    tracker.apply(status(), 0);
    tracker.apply(ended('ready', 'Available'), 0);
    for (const end of [saved('a.csv', 10), failed('a.csv', 'cut')]) {
      tracker.apply(started('a.csv', 10), 0);
      tracker.apply(end, 0);
    }
    expect(tracker.waits.size + tracker.transfers.size).toBe(0);
  });
});

describe('speed', () => {
  it('is unknown for the first second, then follows the line with some inertia', () => {
    let speed = nextSpeed({ sinceMs: 0, sinceBytes: 0 }, 500, 500);
    expect(speed.bytesPerSecond).toBeUndefined();
    speed = nextSpeed(speed, 1000, 1000);
    expect(speed.bytesPerSecond).toBe(1000);
    speed = nextSpeed(speed, 3000, 2000);
    expect(speed.bytesPerSecond).toBe(1300);
  });

  it('does not count what an earlier run had downloaded', () => {
    const tracker = new Tracker();
    tracker.apply(started('a.csv', 10_000, 9000), 0);
    tracker.apply(progress('a.csv', 9100), 1000);
    expect(only(tracker.transfers).speed.bytesPerSecond).toBe(100);
  });

  it('begins anew when the transfer does', () => {
    expect(nextSpeed({ sinceMs: 0, sinceBytes: 900, bytesPerSecond: 5 }, 10, 4000)).toEqual({
      sinceMs: 4000,
      sinceBytes: 10,
    });
  });
});
