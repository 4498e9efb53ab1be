import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { nextDelay, type Cadence, type Mark } from '../../src/poll/cadence.ts';

const CADENCE: Cadence = { floorMs: 3000, ceilingMs: 60_000 };
const middle = (): number => 0.5;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const cadence = fc
  .tuple(fc.integer({ min: 0, max: 1e5 }), fc.integer({ min: 0, max: 1e7 }))
  .map(([floorMs, more]) => ({ floorMs, ceilingMs: floorMs + more }));
const marks = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 1e9 }), percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
);

describe('the wait between two looks', () => {
  it('begins at the floor, grows to a tenth of the time waited, and ends at the ceiling', () => {
    const delays = [0, 30_000, 60_000, 300_000, 6_000_000].map((elapsedMs) =>
      nextDelay({ elapsedMs, marks: [] }, CADENCE, middle),
    );
    expect(delays).toEqual([3000, 3000, 6000, 30_000, 60_000]);
  });

  it('is 60 % of the rest once a percentage grows', () => {
    const seen: Mark[] = [
      { at: 0, percent: 20 },
      { at: 30_000, percent: 60 },
    ];
    expect(nextDelay({ elapsedMs: 30_000, marks: seen }, CADENCE, middle)).toBe(18_000);
  });

  it.each([
    ['a single percentage', [{ at: 0, percent: 50 }]],
    [
      'a percentage that does not grow',
      [
        { at: 0, percent: 50 },
        { at: 10_000, percent: 50 },
      ],
    ],
  ])('is not extrapolated from %s', (_, seen) => {
    expect(nextDelay({ elapsedMs: 100_000, marks: seen }, CADENCE, middle)).toBe(10_000);
  });

  it('varies by a tenth either way', () => {
    const seen = { elapsedMs: 300_000, marks: [] };
    expect(nextDelay(seen, CADENCE, () => 0)).toBeCloseTo(27_000);
    expect(nextDelay(seen, CADENCE, () => 1)).toBeCloseTo(33_000);
  });

  it('is between floor and ceiling, whatever was seen', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e12 }),
        marks,
        cadence,
        unit,
        (elapsedMs, seen, limits, random) => {
          const delay = nextDelay({ elapsedMs, marks: seen }, limits, () => random);
          expect(delay).toBeGreaterThanOrEqual(limits.floorMs);
          expect(delay).toBeLessThanOrEqual(limits.ceilingMs);
        },
      ),
    );
  });

  it('is never shorter than the provider asks, and at most a tenth of the floor longer than that or the floor', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), cadence, unit, (retryAfterMs, limits, random) => {
        const delay = nextDelay({ elapsedMs: 0, marks: [], retryAfterMs }, limits, () => random);
        const asked = Math.max(retryAfterMs, limits.floorMs);
        expect(delay).toBeGreaterThanOrEqual(asked);
        expect(delay).toBeLessThanOrEqual(asked + limits.floorMs * 0.1);
      }),
    );
  });
});
