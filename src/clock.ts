// oxlint-disable-next-line no-restricted-imports -- the one place where real time enters
import { setTimeout as delay } from 'node:timers/promises';

import type { Clock } from './context.ts';

/** The longest that a timer can wait, in ms; Node turns anything longer into 1. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Real time. */
export const realClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    signal.throwIfAborted();
    try {
      await delay(Math.min(Math.max(0, ms), LONGEST_TIMER_MS), undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};
