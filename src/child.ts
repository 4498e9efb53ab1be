import type { Readable } from 'node:stream';

import type { Clock } from './context.ts';

/** What a program gets, in ms, between being asked to end (SIGTERM) and nobody waiting for it any more. */
export const GRACE_MS = 500;

/** A program that runs, as execa gives it: settles when the program has ended and its output was read. */
interface Child<Result> extends PromiseLike<Result> {
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  unref(): void;
}

/**
 * Waits for a program that gets SIGTERM when `signal` aborts. It may ignore that, and what it has started may hold its
 * output open: a little later it is let go, so that neither we nor our process wait for it. Rejects with the signal's
 * reason then.
 */
export async function endOf<Result>(
  child: Child<Result>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result> {
  const ended = new AbortController();
  const letGo = async (): Promise<never> => {
    await aborted(signal, ended.signal);
    await clock.sleep(GRACE_MS, ended.signal);
    child.unref();
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    throw signal.reason;
  };
  try {
    return await Promise.race([child, letGo()]);
  } finally {
    ended.abort();
  }
}

/** Resolves when `signal` aborts; rejects when `ended` does so first. */
async function aborted(signal: AbortSignal, ended: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: ended });
    ended.addEventListener('abort', () => reject(ended.reason as Error));
  });
}
