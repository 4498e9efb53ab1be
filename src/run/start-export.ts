import type { Order, Target } from '../account.ts';
import { ExportpollError } from '../errors.ts';
import type { Entry, EntryIdentity } from '../ledger/entry.ts';
import { apiOf } from '../profiles/origins.ts';
import { hashParameters, readParameters } from '../profiles/parameters.ts';
import { askStart } from './ask-start.ts';
import type { RunWorld } from './await-export.ts';
import type { Outcome } from './outcome.ts';

/**
 * One export from its start on: asks for it, unless the ledger has one for the same order that is not finished, and
 * hands it to `follow`. Nobody else works on the order meanwhile; a second run ends before any request.
 */
export async function startExport<World extends RunWorld>(
  order: Order,
  follow: (target: Target, world: World) => Promise<Outcome>,
  world: World,
): Promise<Outcome> {
  const { account, name } = order;
  try {
    // Checked before anything is asked, so that a missing credential is told at once.
    world.service(order);
    const identity = identityOf(order, world);
    const release = await world.ledger.lock(identity);
    try {
      return await follow(await started(order, identity, world), world);
    } finally {
      // What it cannot remove is a dead run's lock to the next one; that must not hide what happened before.
      await release().catch(() => undefined);
    }
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    return { subject: name ?? account.name, files: 0, bytes: 0, failures: [{ error, told: false }] };
  }
}

/** The export of the order that is under way, or else a new one. */
async function started(order: Order, identity: Identity, world: RunWorld): Promise<Target> {
  const { ledger, context } = world;
  const known = await ledger.find(identity);
  if (known?.state === 'underway' && known.id !== undefined && !order.again) {
    tellOfDifference(order, known, identity, world);
    return targetOf(order, known, known.id);
  }
  const isRepeated = known?.state === 'starting' && !order.again;
  const entry = isRepeated ? known : draftOf(order, identity, world);
  const earlier = { isRepeated, known: isRepeated ? undefined : known };
  const id = await askStart(order, entry, earlier, world);
  const { before: _, chosen: __, ...rest } = entry;
  const underway: Entry = { ...rest, id, state: 'underway', updatedAt: now(context.clock.now()) };
  await ledger.write(underway, { durable: true });
  return targetOf(order, underway, id);
}

type Identity = EntryIdentity & { readonly parameters: string };

function identityOf(order: Order, { context }: RunWorld): Identity {
  const { account, name, file, settings } = order;
  const parameters = hashParameters(readParameters(order, context.clock.now()));
  return { provider: account.name, api: apiOf(account, settings), name, file, parameters };
}

function draftOf({ settings }: Order, identity: Identity, { context }: RunWorld): Entry {
  const { name, file, ...rest } = identity;
  const { output, keepCompressed, name: template } = settings;
  const at = now(context.clock.now());
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

/** Who finds yesterday's export unfinished has not asked for today's yet. */
function tellOfDifference(
  { account, name }: Order,
  known: Entry,
  { parameters }: Identity,
  { report }: RunWorld,
): void {
  if (known.parameters === parameters) return;
  const message =
    `goes on with the export that was started at ${known.createdAt}, with other parameters or for other days; ` +
    `when it is done, run exportpoll start ${name ?? account.name} again for a new one`;
  const id = known.id === undefined ? {} : { id: known.id };
  report({ type: 'warning', provider: account.name, ...id, message });
}

function now(ms: number): string {
  return new Date(ms).toISOString();
}
