import { subjectOf, type Order, type Target } from '../../account.ts';
import { ExportpollError, StillRunningError } from '../../errors.ts';
import type { Entry } from '../../ledger/entry.ts';
import { askStart } from './ask.ts';
import { announce } from '../await-export.ts';
import { whileHeld } from '../while-held.ts';
import type { RunWorld } from '../world.ts';
import { adopt, goOn, keep, noteStarted } from './earlier.ts';
import { startCommand } from './maybe-started.ts';
import type { Outcome } from '../outcome.ts';
import { draftOf, identityOf, type Identity } from './entry.ts';

/** What is done with an export once it is started. */
export interface Following<World extends RunWorld> {
  readonly follow: (target: Target, world: World) => Promise<Outcome>;
  /** Whether `follow` waits for the export to end. */
  readonly watch: boolean;
}

/**
 * One export from its start on: asks for it, unless the ledger has one for the same order that is not finished, and
 * hands it to `follow`. Nobody else works on the order meanwhile; a second run ends before any request.
 *
 * One that is not finished and has other parameters, or is for another day, is not what was asked for: with `watch` it
 * is followed to its end, and then the new one is started and followed; without, StillRunningError says so.
 */
export async function startExport<World extends RunWorld>(
  order: Order,
  following: Following<World>,
  unheld: World,
): Promise<Outcome[]> {
  const { account, name } = order;
  const { world, onLost } = whileHeld(unheld);
  const outcomes: Outcome[] = [];
  try {
    // Checked before anything is asked, so that a missing credential is told at once.
    world.service(order);
    const identity = identityOf(order, world);
    const release = await world.ledger.lock(identity, onLost);
    try {
      const first = await started(order, identity, world);
      const outcome = await following.follow(first, world);
      // Who names an export wants that one.
      const isOther = order.adopt === undefined && first.entry?.parameters !== identity.parameters;
      if (!isOther) return [outcome];
      if (!following.watch) return [withFailure(outcome, stillRunning(order, first))];
      outcomes.push(outcome);
      // Where it is not over, its own failure says why, and what to do.
      const isOver = (await world.ledger.find(identity))?.state === 'finished';
      if (!isOver) {
        return outcome.failures.length > 0 ? outcomes : [withFailure(outcome, stillRunning(order, first))];
      }
      outcomes.push(await following.follow(await started(order, identity, world), world));
      return outcomes;
    } finally {
      // What it cannot remove is a dead run's lock to the next one; that must not hide what happened before.
      await release().catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    const subject = name ?? account.name;
    return [...outcomes, { subject, files: 0, bytes: 0, failures: [{ error, told: false }] }];
  }
}

/** Follows an export no further than to tell its target. */
export async function tellTarget(target: Target, { report }: Pick<RunWorld, 'report'>): Promise<Outcome> {
  announce(target, report);
  const { state, outcome } = target.entry ?? {};
  const known = state === 'finished' && outcome !== undefined ? { state: outcome } : {};
  return await Promise.resolve({ subject: subjectOf(target), files: 0, bytes: 0, ...known, failures: [] });
}

/** The export of the order that is under way, that may have been started, or that is here already; else a new one. */
async function started(order: Order, identity: Identity, world: RunWorld): Promise<Target> {
  const known = await world.ledger.find(identity);
  if (order.adopt !== undefined) return await adopt(order, order.adopt, known, world);
  return (
    goOn(order, known) ??
    (await keep(order, identity, known)) ??
    (await recover(order, known, world)) ??
    // What may have been started, and has not been, is not known any more.
    (await startNew(order, identity, await world.ledger.find(identity), world))
  );
}

/** What an earlier run has asked for without learning what became of it; unless it is not there and was for other parameters. */
async function recover(order: Order, known: Entry | undefined, world: RunWorld): Promise<Target | undefined> {
  if (known?.state !== 'starting' || order.again) return undefined;
  const id = await askStart(order, known, { isRepeated: true, known: undefined }, world);
  return id === undefined ? undefined : await noteStarted(order, known, id, world);
}

async function startNew(
  order: Order,
  identity: Identity,
  known: Entry | undefined,
  world: RunWorld,
): Promise<Target> {
  const draft = draftOf(order, identity, world.context.clock.now());
  const id = await askStart(order, draft, { isRepeated: false, known }, world);
  if (id === undefined) throw new Error('a new start was taken for an old one');
  return { ...(await noteStarted(order, draft, id, world)), isNew: true };
}

function withFailure(outcome: Outcome, error: ExportpollError): Outcome {
  return { ...outcome, failures: [...outcome.failures, { error, told: false }] };
}

/** Who finds yesterday's export unfinished has not got today's. */
function stillRunning(order: Order, { entry }: Target): StillRunningError {
  return new StillRunningError(
    `no new export was started: the one that was started at ${entry?.createdAt}, with other parameters or for other ` +
      'days, is not finished',
    {
      hint:
        `finish it and start the new one with: ${startCommand(order, '--watch')}; ` +
        `or start beside it: ${startCommand(order, '--again')}`,
    },
  );
}
