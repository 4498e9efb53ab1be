import type { Order, Target } from '../account.ts';
import { ExportpollError, StillRunningError } from '../errors.ts';
import type { Entry, EntryIdentity } from '../ledger/entry.ts';
import { apiOf } from '../profiles/origins.ts';
import { hashParameters, readParameters } from '../profiles/parameters.ts';
import { askStart } from './ask-start.ts';
import type { RunWorld } from './await-export.ts';
import type { Outcome } from './outcome.ts';

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
  world: World,
): Promise<Outcome[]> {
  const { account, name } = order;
  const outcomes: Outcome[] = [];
  try {
    // Checked before anything is asked, so that a missing credential is told at once.
    world.service(order);
    const identity = identityOf(order, world);
    const release = await world.ledger.lock(identity);
    try {
      const first = await started(order, identity, world);
      const outcome = await following.follow(first, world);
      const isOther = first.entry?.parameters !== identity.parameters;
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

/** The export of the order that is under way, or else a new one. */
async function started(order: Order, identity: Identity, world: RunWorld): Promise<Target> {
  const { ledger, context } = world;
  const known = await ledger.find(identity);
  if (known?.state === 'underway' && known.id !== undefined && !order.again) {
    return targetOf(order, known, known.id);
  }
  const isRepeated = known?.state === 'starting' && !order.again;
  const entry = isRepeated ? known : draftOf(order, identity);
  const earlier = { isRepeated, known: isRepeated ? undefined : known };
  const id = await askStart(order, entry, earlier, world);
  const { before: _, chosen: __, ...rest } = entry;
  const underway: Entry = { ...rest, id, state: 'underway', updatedAt: now(context.clock.now()) };
  await ledger.write(underway, { durable: true });
  return targetOf(order, underway, id);
}

/** `at`: when it was asked for, in ms, which is what date words go by, however long the export before it takes. */
type Identity = EntryIdentity & { readonly parameters: string; readonly at: number };

function identityOf(order: Order, { context }: RunWorld): Identity {
  const { account, name, file, settings } = order;
  const at = context.clock.now();
  const parameters = hashParameters(readParameters(order, at));
  return { provider: account.name, api: apiOf(account, settings), name, file, parameters, at };
}

function draftOf({ settings }: Order, identity: Identity): Entry {
  const { name, file, at: asked, ...rest } = identity;
  const { output, keepCompressed, name: template } = settings;
  const at = now(asked);
  return {
    v: 1,
    ...rest,
    id: undefined,
    ...(name === undefined ? {} : { name }),
    ...(file === undefined ? {} : { file }),
    state: 'starting',
    output,
    options: { keepCompressed, name: template },
    createdAt: at,
    updatedAt: at,
  };
}

function targetOf({ account, settings }: Order, entry: Entry, id: string): Target {
  return { account, id, settings, entry };
}

function withFailure(outcome: Outcome, error: ExportpollError): Outcome {
  return { ...outcome, failures: [...outcome.failures, { error, told: false }] };
}

/** Who finds yesterday's export unfinished has not got today's. */
function stillRunning({ account, name }: Order, { entry }: Target): StillRunningError {
  const what = name ?? account.name;
  return new StillRunningError(
    `no new export was started: the one that was started at ${entry?.createdAt}, with other parameters or for other ` +
      'days, is not finished',
    {
      hint: `finish it and start the new one with: exportpoll start ${what} … --watch; or start beside it: --again`,
    },
  );
}

function now(ms: number): string {
  return new Date(ms).toISOString();
}
