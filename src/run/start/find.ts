import type { Order } from '../../account.ts';
import { listLike, type StartOrder } from '../../api/start.ts';
import { DeniedError, GoneError, ProtocolError } from '../../errors.ts';
import type { Entry } from '../../ledger/entry.ts';
import { isIdOf, shortened } from '../../profiles/id.ts';
import { parseDuration } from '../../units.ts';
import type { RunWorld } from '../world.ts';
import { maybeStartedError } from './maybe-started.ts';
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

/** What is known by now of the export that an earlier request may have started. */
type Found =
  | { readonly kind: 'found'; readonly id: string }
  /** Ask again; whether the earlier request may have been heard, nevertheless. */
  | { readonly kind: 'ask-again'; readonly isOpen: boolean }
  /** It is not there, and nobody wants it any more. */
  | { readonly kind: 'not-there' };

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
        throw maybeStartedError(
          order,
          entry,
          `there are ${fresh.length} that could be it: ${fresh.join(', ')}`,
        );
      }
      const [id] = fresh;
      if (id === undefined && way.orElse === 'undecided') {
        throw maybeStartedError(order, entry, `${order.account.name} lists no new export that could be it`);
      }
      if (id !== undefined && !isIdOf(order.account.profile, id)) {
        throw maybeStartedError(order, entry, `it is listed with "${shortened(id)}", which is no id`);
      }
      return id === undefined ? { kind: 'ask-again', isOpen: !way.grace } : { kind: 'found', id };
    }
    case 'look':
      if (await isThere(way, order, entry, world)) return { kind: 'found', id: way.id };
      return way.orElse === 'start-anew' ? { kind: 'not-there' } : { kind: 'ask-again', isOpen: true };
    case 'ask-again':
      return { kind: 'ask-again', isOpen: true };
    case 'undecided':
      throw maybeStartedError(order, entry, `${order.account.name} has no way to look it up`);
  }
}

/** The exports that were not there before. */
async function listFresh(
  { before, grace }: WayOn & { kind: 'find' },
  asked: StartOrder,
  order: Order,
  entry: Entry,
  { context, service }: RunWorld,
): Promise<string[]> {
  const { signal } = context;
  const { client } = service(order);
  const list = async (): Promise<string[]> =>
    (await listLike(asked, client, { urgency: 'urgent', signal })).filter((id) => !before.includes(id));
  const fresh = await list();
  if (fresh.length > 0 || !grace || !(await waitedOut(order, entry, context))) return fresh;
  return await list();
}

/** Whether the provider has the export under its name. */
async function isThere(
  { id, orElse }: WayOn & { kind: 'look' },
  order: Order,
  entry: Entry,
  { context, service }: RunWorld,
): Promise<boolean> {
  const look = async (): Promise<boolean> => {
    const { state } = await service(order).look(id, { urgency: 'urgent', signal: context.signal });
    return state !== 'gone';
  };
  if (await look()) return true;
  // Who asks again under the same name would be told of one that appears late.
  return orElse === 'start-anew' && (await waitedOut(order, entry, context)) && (await look());
}

/** Waits until an export that was asked for can no longer be about to appear; false where that time is over. */
async function waitedOut(
  { start }: Order,
  { updatedAt }: Entry,
  { clock, signal }: RunWorld['context'],
): Promise<boolean> {
  const graceMs = Date.parse(updatedAt) + parseDuration(start.grace) - clock.now();
  if (graceMs <= 0) return false;
  await clock.sleep(graceMs, signal);
  return true;
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeniedError || error instanceof GoneError || error instanceof ProtocolError;
}
