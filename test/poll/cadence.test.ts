import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { every, exportpoll, type Cost } from '../../bench/polling/cadences.ts';
import { tracesOf, type Kind } from '../../bench/polling/traces.ts';
import { nextDelay, withMark, type Cadence, type Mark } from '../../src/poll/cadence.ts';
import { seeded } from '../chaos/random.ts';

const CADENCE: Cadence = { floorMs: 2000, ceilingMs: 120_000 };
const longest = (): number => 0;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const cadence = fc
  .tuple(fc.integer({ min: 0, max: 1e5 }), fc.integer({ min: 0, max: 1e7 }))
  .map(([floorMs, more]) => ({ floorMs, ceilingMs: floorMs + more }));
const marks = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 1e9 }), percent: fc.double({ min: 0, max: 100, noNaN: true }) }),
);

/** What somebody has seen who saw these percentages at these times, in s. */
function marksOf(...seen: [number, number][]): readonly Mark[] {
  return seen.reduce<readonly Mark[]>((all, [at, percent]) => withMark(all, { at: at * 1000, percent }), []);
}

/** The longest wait, in s, after so many seconds. */
function waitAfter(seconds: number, seen: readonly Mark[] = [], limits = CADENCE): number {
  return nextDelay({ elapsedMs: seconds * 1000, marks: seen }, limits, longest) / 1000;
}

describe('the wait between two looks', () => {
  it.each([
    [0, 2],
    [8, 2],
    [50, 5],
    [200, 10],
    [3600, 42],
    [21_600, 104],
    [100_000, 120],
  ])('without percentages grows with the root of the time: after %i s it is %i s', (elapsed, wait) => {
    expect(Math.round(waitAfter(elapsed))).toBe(wait);
  });

  it('is 30 % of the rest once a percentage grows', () => {
    expect(waitAfter(900, marksOf([0, 0], [900, 90]))).toBeCloseTo(30);
  });

  it('is a tenth of the time waited at most, however far the end seems to be', () => {
    expect(waitAfter(100, marksOf([0, 0], [100, 1]))).toBeCloseTo(10);
  });

  it('goes by the faster of the paces of late and of all', () => {
    expect(waitAfter(1000, marksOf([0, 0], [980, 10], [985, 30], [990, 50], [995, 70], [1000, 90]))).toBe(2);
    expect(waitAfter(1000, marksOf([0, 0], [100, 50], [400, 51], [600, 52], [800, 53], [1000, 60]))).toBe(
      100,
    );
  });

  it('is short around the extrapolated end, and grows again when it passes', () => {
    const seen = marksOf([0, 0], [495, 99]);
    expect(waitAfter(495, seen)).toBe(2);
    expect(waitAfter(501, seen)).toBe(2);
    expect(waitAfter(600, seen)).toBeCloseTo(10);
    expect(waitAfter(3600, seen)).toBeCloseTo(42.4, 1);
  });

  it.each([
    ['a single percentage', marksOf([0, 50])],
    ['a percentage that does not grow', marksOf([0, 50], [100, 50], [200, 40])],
  ])('is not extrapolated from %s', (_, seen) => {
    expect(waitAfter(200, seen)).toBe(10);
  });

  it('is up to a tenth shorter by chance', () => {
    expect(nextDelay({ elapsedMs: 200_000, marks: [] }, CADENCE, () => 1)).toBeCloseTo(9000);
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

  it('is what the provider asks for, up to an hour, and a tenth of the floor more at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), cadence, unit, (retryAfterMs, limits, random) => {
        const delay = nextDelay({ elapsedMs: 0, marks: [], retryAfterMs }, limits, () => random);
        const asked = Math.max(Math.min(retryAfterMs, 3_600_000), limits.floorMs);
        expect(delay).toBeGreaterThanOrEqual(asked);
        expect(delay).toBeLessThanOrEqual(asked + limits.floorMs * 0.1);
      }),
    );
  });
});

it('the marks that are kept are the first and the latest few', () => {
  const all = marksOf(...Array.from({ length: 50 }, (_, at): [number, number] => [at, at]));
  expect(all.map(({ percent }) => percent)).toEqual([0, 45, 46, 47, 48, 49]);
});

/** The costs of waiting for exports of one kind, in simulated time. */
async function costs(kind: Kind, floorMs: number): Promise<{ ours: Cost[]; theirs: Cost[]; ends: number[] }> {
  const traces = tracesOf(kind, 200, seeded(11).next);
  const waiter = exportpoll({ floorMs, ceilingMs: 120_000 }, seeded(12).next);
  const ours: Cost[] = [];
  const theirs: Cost[] = [];
  for (const trace of traces) {
    ours.push(await waiter(trace));
    theirs.push(await every(4)(trace));
  }
  return { ours, theirs, ends: traces.map(({ endsAt }) => endsAt) };
}

const total = (all: readonly Cost[]): number => all.reduce((sum, { polls }) => sum + polls, 0);
const medianLate = (all: readonly Cost[]): number =>
  all.map(({ late }) => late).toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;

describe('beside a client that looks every 4 s', () => {
  it.each(['linear', 'front-loaded', 'stalling', 'jumping', 'in steps'] as const)(
    'a fifth of the looks see the end of a %s export no later',
    async (kind) => {
      const { ours, theirs } = await costs(kind, 2000);
      expect(total(ours) / total(theirs)).toBeLessThan(0.2);
      // A little leave for chance: both are about 2 s for the worst of them.
      expect(medianLate(ours)).toBeLessThan(medianLate(theirs) * 1.1);
    },
  );
});

describe('the end of an export is seen', () => {
  it.each(['linear', 'front-loaded', 'stalling', 'jumping', 'in steps', 'none'] as const)(
    'a tenth of its duration late at most, or 5 s (%s)',
    async (kind) => {
      const { ours, ends } = await costs(kind, 3000);
      const over = ours.filter(({ late }, at) => late > Math.max(5, ends[at]! / 10));
      expect(over).toEqual([]);
    },
  );
});
