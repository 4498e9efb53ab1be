import type { Order } from '../account.ts';
import { listLike, type StartOrder } from '../api/start.ts';
import { DeniedError, GoneError, ProtocolError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { isIdOf, shortened } from '../profiles/id.ts';
import { parseDuration } from '../units.ts';
import type { RunWorld } from './await-export.ts';
import { maybeStarted } from './maybe-started.ts';
import type { WayOn } from './way-on.ts';

/** The exports that there are before a start; `undefined` for who may not list: a lost answer cannot be looked up. */
export async function listBefore(
  asked: StartOrder,
  order: Order,
  { context, service }: RunWorld,
): Promise<string[] | undefined> {
  try {
    return await listLike(asked, service(order).client, { urgency: 'urgent', signal: context.signal });
  } catch (error) {
    // Who may not list may well start.
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/** The export that an earlier request has started; without an id, whether one may still have, nevertheless. */
interface Found {
  readonly id: string | undefined;
  readonly isOpen: boolean;
}

/** Goes the way on after a start whose answer was lost. Rejects with MaybeStartedError where it leads nowhere. */
export async function findStarted(
  way: WayOn,
  asked: StartOrder,
  order: Order,
  entry: Entry,
  world: RunWorld,
): Promise<Found> {
  switch (way.kind) {
    case 'find': {
      const fresh = await listFresh(way, asked, order, entry, world);
      if (fresh.length > 1) {
        throw maybeStarted(order, entry, `there are ${fresh.length} that could be it: ${fresh.join(', ')}`);
      }
      const [id] = fresh;
      if (id === undefined && way.orElse === 'undecided') {
        throw maybeStarted(order, entry, `${order.account.name} lists no new export that could be it`);
      }
      if (id !== undefined && !isIdOf(order.account.profile, id)) {
        throw maybeStarted(order, entry, `it is listed with "${shortened(id)}", which is no id`);
      }
      return { id, isOpen: !way.grace };
    }
    case 'look': {
      const { context, service } = world;
      const { state } = await service(order).look(way.id, { urgency: 'urgent', signal: context.signal });
      return { id: state === 'gone' ? undefined : way.id, isOpen: true };
    }
    case 'ask-again':
      return { id: undefined, isOpen: true };
    case 'undecided':
      throw maybeStarted(order, entry, `${order.account.name} has no way to look it up`);
  }
}

/** The exports that were not there before. */
async function listFresh(
  { before, grace }: WayOn & { kind: 'find' },
  asked: StartOrder,
  order: Order,
  { updatedAt }: Entry,
  { context, service }: RunWorld,
): Promise<string[]> {
  const { clock, signal } = context;
  const { client } = service(order);
  const list = async (): Promise<string[]> =>
    (await listLike(asked, client, { urgency: 'urgent', signal })).filter((id) => !before.includes(id));
  const fresh = await list();
  const graceMs = Date.parse(updatedAt) + parseDuration(order.start.grace) - clock.now();
  if (fresh.length > 0 || !grace || graceMs <= 0) return fresh;
  await clock.sleep(graceMs, signal);
  return await list();
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeniedError || error instanceof GoneError || error instanceof ProtocolError;
}
