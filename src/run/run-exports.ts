import type { Target } from '../account.ts';
import type { Outcome } from './outcome.ts';
import { runEach } from './run-each.ts';
import { runExport, type SavingWorld } from './run-export.ts';
import { streamExport } from './stream-export.ts';

/** Runs all exports at once; one that fails does not stop the others. Those that go to stdout take turns there. */
export async function runExports(
  targets: readonly Target[],
  mode: { once: boolean },
  world: SavingWorld,
): Promise<Outcome[]> {
  let turn: Promise<unknown> = Promise.resolve();
  return await runEach(targets, world, async (target, own) => {
    if (target.settings.output !== '-') return await runExport(target, mode.once, own);
    const mine = turn.then(async () => await streamExport(target, mode.once, own));
    turn = mine;
    return await mine;
  });
}
