import type { Clock } from '../../src/context.ts';

export interface FakeClock extends Clock {
  /** Every wait that was asked for, in ms. */
  readonly waits: readonly number[];
  /** Lets time pass that nobody sleeps through: a slow answer. */
  advance(ms: number): void;
}

/** A clock whose time passes by its sleeps alone, and at once. */
export function fakeClock(startMs = Date.UTC(2024, 4, 6, 7, 8, 9)): FakeClock {
  let now = startMs;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    advance(ms) {
      now += ms;
    },
    async sleep(ms, signal) {
      signal.throwIfAborted();
      waits.push(ms);
      now += ms;
      await Promise.resolve();
      // An abort that comes while others run is one that comes during the wait.
      signal.throwIfAborted();
    },
  };
}
