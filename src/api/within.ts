/** The longest that a timer can wait, in ms; Node turns anything longer into 1. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs `work` with a signal that aborts with `signal`, and with the error of `late` after `ms`. Rejects as soon as
 * that happens, whatever `work` makes of its signal. Real time, not the clock's: it bounds what sockets do.
 */
export async function within<T>(
  limit: { ms: number; late: () => Error },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  // Not AbortSignal.timeout, which stays in memory until its time has come, whatever has become of `work`.
  // oxlint-disable-next-line no-restricted-globals -- a time that keeps nobody waiting
  const timer = setTimeout(onLate, Math.min(Math.max(0, Math.ceil(limit.ms)), LONGEST_TIMER_MS)).unref();
  const onAbort = (): void => controller.abort(signal.reason);
  // By hand rather than with AbortSignal.any, which leaves its traces on a signal that lives as long as the run.
  signal.addEventListener('abort', onAbort);
  const ended = new Promise<never>((_resolve, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error));
  });
  try {
    return await Promise.race([work(controller.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }

  function onLate(): void {
    controller.abort(limit.late());
  }
}
