import type { Clock } from '../../src/context.ts';

export interface SteppedClock extends Clock {
  /** Lets time pass: whoever sleeps that long wakes in the order of the times, and gets to act before the next. */
  pass(ms: number): Promise<void>;
  /** Somebody sets the clock back; who sleeps sleeps on. */
  setBack(ms: number): void;
}

/** A clock for several sleepers at once: it stands still until the test lets time pass. */
export function steppedClock(startMs = 0): SteppedClock {
  let now = startMs;
  const sleepers = new Set<{ at: number; wake: () => void }>();
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const sleeper = { at: now + Math.max(0, ms), wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      });
    },
    setBack(ms) {
      now -= ms;
      for (const sleeper of sleepers) sleeper.at -= ms;
    },
    async pass(ms) {
      const end = now + ms;
      for (;;) {
        await settled();
        const next = [...sleepers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        sleepers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
      }
      now = end;
    },
  };
}

/** Whatever can go on without time passing has gone on. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
