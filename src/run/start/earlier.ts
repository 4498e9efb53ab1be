import type { Order, Target } from '../../account.ts';
import { onDisk } from '../../download/disk-errors.ts';
import { IoError, messageOf, UsageError } from '../../errors.ts';
import { targetOf, type Entry } from '../../ledger/entry.ts';
import { isIdOf, shortened } from '../../profiles/id.ts';
import { isDated } from '../../profiles/parameters.ts';
import type { RunWorld } from '../world.ts';
import { lookWithRetries } from '../await-export.ts';
import { earlierManifest, isDelivered } from '../delivered.ts';
import { besides, startCommand } from './maybe-started.ts';
import type { Identity } from './entry.ts';

/**
 * What a person has found at the provider, after the answer to a start was lost: it is looked at before it takes the
 * place of what is known, since people mistype.
 */
export async function adopt(
  order: Order,
  id: string,
  known: Entry | undefined,
  world: RunWorld,
): Promise<Target> {
  const { account, name } = order;
  if (known?.state !== 'starting') {
    const had = known === undefined ? '' : `the ledger has ${targetOf(known)} for it, and `;
    throw new UsageError(`--id ${id}: ${had}no start of ${name ?? account.name} is open`, {
      hint: `exportpoll watch ${account.name}:${id} fetches it all the same`,
    });
  }
  const { signal } = world.context;
  const { state } = await lookWithRetries(targetWith(order, known, id), world, { urgency: 'urgent', signal });
  if (state === 'gone') {
    throw new UsageError(`--id ${id}: ${account.name} has no such export; the start is still open`, {
      hint: 'look at the provider for the id that it has given',
    });
  }
  return await noteStarted(order, known, id, world);
}

/** What the ledger has under way. */
export function goOn(order: Order, known: Entry | undefined): Target | undefined {
  if (known?.state !== 'underway' || known.id === undefined || order.again) return undefined;
  const { account } = order;
  if (isIdOf(account.profile, known.id)) return targetWith(order, known, known.id);
  throw new UsageError(
    `the ledger cannot be right: "${shortened(known.id)}" is not an id of ${account.name}`,
    { hint: `to start another one: ${startCommand(order, '--again')}${besides(order)}` },
  );
}

/**
 * What is finished and still here, where the parameters say themselves which export is meant, as with `{yesterday}`: who
 * asks for "everything" wants it as it is now.
 */
export async function keep(
  order: Order,
  { parameters, at }: Identity,
  known: Entry | undefined,
): Promise<Target | undefined> {
  const { settings, again } = order;
  if (again || settings.output === '-') return undefined;
  if (known?.state !== 'finished' || known.id === undefined || known.parameters !== parameters)
    return undefined;
  if (known.outcome !== 'ready' && known.outcome !== 'empty') return undefined;
  if (!isDated(order, at)) return undefined;
  const target = targetWith(order, known, known.id);
  const manifest = await onDisk(settings.output, async () => await earlierManifest(target));
  return manifest !== undefined && (await isDelivered(manifest, target)) ? target : undefined;
}

/** Notes that the export of an order is `id`. Rejects with IoError, which names it. */
export async function noteStarted(order: Order, entry: Entry, id: string, world: RunWorld): Promise<Target> {
  const { before: _, chosen: __, answered: ___, ...rest } = entry;
  const updatedAt = new Date(world.context.clock.now()).toISOString();
  const underway: Entry = { ...rest, id, state: 'underway', updatedAt };
  try {
    await world.ledger.write(underway, { durable: true });
  } catch (error) {
    const target = `${order.account.name}:${id}`;
    throw new IoError(`${target} was started, but that cannot be noted: ${messageOf(error)}`, {
      hint: `exportpoll watch ${target} goes on with it`,
      cause: error,
    });
  }
  return targetWith(order, underway, id);
}

function targetWith({ account, settings }: Order, entry: Entry, id: string): Target {
  return { account, id, settings, entry };
}
