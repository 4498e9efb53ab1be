import type { Look } from '../../src/api/look.ts';
import type { Clock } from '../../src/context.ts';
import { poll } from '../../src/poll/poll.ts';
import type { Cadence } from '../../src/poll/cadence.ts';
import type { Trace } from './traces.ts';

/** What waiting for one export cost: looks, and seconds from its end to the look that saw it. */
export interface Cost {
  readonly polls: number;
  readonly late: number;
}

/** Waits for the export of a trace, in simulated time. */
export type Waiter = (trace: Trace) => Cost | Promise<Cost>;

/** Looks at once, and then every so many seconds. */
export function every(seconds: number): Waiter {
  return waitingWith(() => seconds);
}

/** Looks at once, then after 1, 2, 4 … seconds, up to `cap`. */
export function exponentially(cap: number): Waiter {
  return waitingWith((polls) => Math.min(cap, 2 ** (polls - 1)));
}

/** The program's own loop, with a clock that costs no time. */
export function exportpoll(cadence: Cadence, random: () => number): Waiter {
  const { signal } = new AbortController();
  return async ({ endsAt, percentAt }) => {
    let polls = 0;
    let now = 0;
    const clock: Clock = {
      now: () => now,
      async sleep(ms) {
        now += ms;
        await Promise.resolve();
      },
    };
    const look = async (): Promise<Look> => {
      polls += 1;
      if (now >= endsAt * 1000) return await Promise.resolve({ state: 'ready', word: 'ready', links: [] });
      const percent = percentAt(now / 1000);
      return { state: 'running', word: 'running', ...(percent === undefined ? {} : { percent }) };
    };
    const options = { look, cadence, clock, random, signal, timeoutMs: 1e9, graceMs: 0, once: false };
    for await (const _ of poll(options));
    return { polls, late: now / 1000 - endsAt };
  };
}

function waitingWith(wait: (polls: number) => number): Waiter {
  return ({ endsAt }) => {
    let polls = 1;
    let now = 0;
    for (; now < endsAt; polls += 1) now += wait(polls);
    return { polls, late: now - endsAt };
  };
}
