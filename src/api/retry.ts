import type { Clock } from '../context.ts';
import { TransientError, UnreadableAnswerError } from './failures.ts';

const FIRST_DELAY_MS = 500;
const LONGEST_BACKOFF_MS = 60_000;
/** A server that asks for more is wrong, or the wait is better spent in cron. */
export const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** What decides whether there is another attempt. */
export interface RetryLimits {
  readonly random: () => number;
  /** Consecutive failures that are tolerated. */
  readonly retries: number;
  /** The longest that all waits of a row of failures may take together, in ms; absent for whoever has the time. */
  readonly patienceMs?: number | undefined;
}

/** How often to try again, and who is told of each wait (in ms) before it begins. */
export interface RetryPolicy extends RetryLimits {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onRetry: (error: Error, delayMs: number) => void;
}

/** Failures in a row. */
export interface Streak {
  readonly failures: number;
  /** Those among them that are worth only a few attempts. */
  readonly doubtful: number;
  /** What was waited between them, in ms. */
  readonly waitedMs: number;
}

export const noFailures: Streak = { failures: 0, doubtful: 0, waitedMs: 0 };

/**
 * Decides what follows on a failure: another attempt after `delayMs`, or `undefined` for none.
 *
 * | error | another attempt |
 * | --- | --- |
 * | TransientError | while there are `retries` |
 * | UnreadableAnswerError | while there are `retries`, and at most as often as it says itself |
 * | any other | no |
 *
 * and none whose wait would go beyond the patience.
 */
export function planRetry(
  error: unknown,
  before: Streak,
  { random, retries, patienceMs = Infinity }: RetryLimits,
): { readonly delayMs: number; readonly streak: Streak } | undefined {
  const isDoubtful = error instanceof UnreadableAnswerError;
  if (!isDoubtful && !(error instanceof TransientError)) return undefined;
  const failures = before.failures + 1;
  const doubtful = before.doubtful + (isDoubtful ? 1 : 0);
  if (failures > retries || (isDoubtful && doubtful > error.mostRetries)) return undefined;
  const askedMs = isDoubtful ? undefined : error.retryAfterMs;
  const delayMs = retryDelay(failures, askedMs, random);
  // Measured by what was asked for: what is added to it at random must not decide.
  const waitedMs = before.waitedMs + (askedMs ?? delayMs);
  return waitedMs > patienceMs ? undefined : { delayMs, streak: { failures, doubtful, waitedMs } };
}

/** Calls `attempt` until it succeeds, or fails in a way that `planRetry` sees no further attempt for. */
export async function retrying<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let streak = noFailures; ;) {
    try {
      return await attempt();
    } catch (error) {
      const next = planRetry(error, streak, policy);
      if (next === undefined) throw error;
      streak = next.streak;
      policy.onRetry(error as Error, next.delayMs);
      await policy.clock.sleep(next.delayMs, policy.signal);
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
