import type { Target } from '../account.ts';
import { noteOutcome, noteUnderway } from './notes.ts';
import type { Outcome } from './outcome.ts';
import { runExport } from './run-export.ts';
import type { SavingWorld } from './world.ts';
import { streamExport } from './stream-export.ts';

/** Works on one export, from its first look to its last file. */
export type Runner = (target: Target, world: SavingWorld) => Promise<Outcome>;

/** What a run works on exports with. Those that go to stdout take turns there. */
export function createRunner(mode: { once: boolean }): Runner {
  let turn: Promise<unknown> = Promise.resolve();
  return async (target, world) => {
    const noted = await world.opening(noteUnderway, target, world);
    const known = noted === undefined ? target : { ...target, entry: noted.entry };
    let running: Promise<Outcome>;
    if (target.settings.output === '-') {
      running = turn.then(async () => await streamExport(known, mode.once, world));
      turn = running.catch(() => undefined);
    } else {
      running = runExport(known, mode.once, world);
    }
    const outcome = await running;
    await world.opening(noteOutcome, noted, outcome, world);
    return outcome;
  };
}
