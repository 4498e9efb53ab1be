import { setMaxListeners } from 'node:events';

import type { RunWorld } from './world.ts';

/**
 * Calls `work` for all subjects at once, and resolves when all are done. A bug in one is thrown only then: the others
 * are not to blame, and may be downloading for hours.
 */
export async function runEach<Subject, World extends RunWorld, Result>(
  subjects: readonly Subject[],
  world: World,
  work: (subject: Subject, world: World) => Promise<Result>,
): Promise<Result[]> {
  const signals = fanOut(world.context.signal);
  try {
    const running = subjects.map(async (subject) => {
      const own = signals.open();
      try {
        return await work(subject, { ...world, context: { ...world.context, signal: own.signal } });
      } finally {
        own.close();
      }
    });
    const settled = await Promise.allSettled(running);
    const bug = settled.find((result) => result.status === 'rejected');
    if (bug !== undefined) throw bug.reason;
    return settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  } finally {
    signals.close();
  }
}

/**
 * Signals that abort with `signal`, one for each export: a signal goes through all of its listeners whenever one comes
 * or goes, which ten thousand exports with a listener each would spend their time with.
 */
function fanOut(signal: AbortSignal): {
  open: () => { signal: AbortSignal; close: () => void };
  close: () => void;
} {
  const controllers = new Set<AbortController>();
  const onAbort = (): void => {
    for (const controller of controllers) controller.abort(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  return {
    open() {
      const controller = new AbortController();
      // All files of an export listen to it, and there may be many at once.
      setMaxListeners(0, controller.signal);
      if (signal.aborted) controller.abort(signal.reason);
      else controllers.add(controller);
      return { signal: controller.signal, close: () => controllers.delete(controller) };
    },
    close: () => signal.removeEventListener('abort', onAbort),
  };
}
