import type { Clock } from '../context.ts';
import { TransientError } from './failures.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** A server that asks for more is wrong, or the wait is better spent in cron. */
export const LONGEST_RETRY_AFTER_MS = 3_600_000;

export interface RetryPolicy {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Consecutive failures that are tolerated. */
  readonly retries: number;
  /** A server that asks to wait longer than this, in ms, has the last word; absent for whoever has the time. */
  readonly patienceMs?: number | undefined;
  readonly onRetry: (error: TransientError, delayMs: number) => void;
}

/** Calls `attempt` until it succeeds, fails for good, or has failed more than `retries` times in a row. */
export async function retrying<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TransientError) || failures > policy.retries) throw error;
      if ((error.retryAfterMs ?? 0) > (policy.patienceMs ?? Infinity)) throw error;
      const delayMs = retryDelay(failures, error.retryAfterMs, policy.random);
      policy.onRetry(error, delayMs);
      await policy.clock.sleep(delayMs, policy.signal);
    }
  }
}

/**
 * The wait before the next attempt, in ms, after `failures` in a row: what the server asked for, with a little on
 * top so that not everybody returns at the same instant; else exponential backoff with half of it random.
 */
export function retryDelay(failures: number, retryAfterMs: number | undefined, random: () => number): number {
  if (retryAfterMs !== undefined) {
    const wait = Math.min(Math.max(retryAfterMs, 0), LONGEST_RETRY_AFTER_MS);
    return Math.ceil(wait + random() * Math.min(1000, 100 + wait * 0.05));
  }
  const backoff = Math.min(LONGEST_BACKOFF_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16));
  return Math.ceil(backoff * (0.5 + random() / 2));
}
