import type { Target } from '../account.ts';
import type { Outcome } from './outcome.ts';
import { runExport, type SavingWorld } from './run-export.ts';
import { streamExport } from './stream-export.ts';

/** Runs all exports at once; one that fails does not stop the others. Those that go to stdout take turns there. */
export async function runExports(
  targets: readonly Target[],
  mode: { once: boolean },
  world: SavingWorld,
): Promise<Outcome[]> {
  let turn: Promise<unknown> = Promise.resolve();
  const running = targets.map(async (target) => {
    if (target.settings.output !== '-') return await runExport(target, mode.once, world);
    const mine = turn.then(async () => await streamExport(target, mode.once, world));
    turn = mine;
    return await mine;
  });
  const settled = await Promise.allSettled(running);
  // A bug in one export is told when the others are done: they are not to blame, and may be downloading for hours.
  const bug = settled.find((result) => result.status === 'rejected');
  if (bug !== undefined) throw bug.reason;
  return settled.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
}
