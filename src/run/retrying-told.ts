import { retrying } from '../api/retry.ts';
import type { RunWorld } from './world.ts';

/** About what, and how patiently. */
interface Retried {
  readonly provider: string;
  readonly id?: string;
  /** Consecutive failures that are tolerated. */
  readonly retries: number;
  /** The longest that all waits together may take, in ms; absent for whoever has the time. */
  readonly patienceMs?: number | undefined;
}

/** As `retrying`, and tells as a warning why it tries again, and when. */
export async function retryingTold<T>(
  attempt: () => Promise<T>,
  { provider, id, retries, patienceMs }: Retried,
  { context, report }: Pick<RunWorld, 'context' | 'report'>,
  signal = context.signal,
): Promise<T> {
  return await retrying(attempt, {
    clock: context.clock,
    random: context.random,
    signal,
    retries,
    patienceMs,
    onRetry: (error, delayMs) => {
      const message = `${error.message}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
      report({ type: 'warning', provider, ...(id === undefined ? {} : { id }), message });
    },
  });
}
