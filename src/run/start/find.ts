import type { Order } from '../../account.ts';
import { listExports, type StartOrder } from '../../api/start.ts';
import { DeniedError, GoneError, ProtocolError } from '../../errors.ts';
import { entryKey, type Entry } from '../../ledger/entry.ts';
import { isIdOf, shortened } from '../../profiles/id.ts';
import { parseDuration } from '../../units.ts';
import type { RunWorld } from '../world.ts';
import { freshAmong, type Fresh } from './fresh.ts';
import { maybeStartedError } from './maybe-started.ts';
import type { WayOn } from './way-on.ts';

/** The exports that there are before a start; `undefined` for who may not list: a lost answer cannot be looked up. */
export async function listBefore(
  asked: StartOrder,
  order: Order,
  { context, service }: RunWorld,
): Promise<string[] | undefined> {
  try {
    const turn = { urgency: 'urgent', signal: context.signal } as const;
    return (await listExports(asked, service(order).client, turn)).map(({ id }) => id);
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
      const { ids, isSure } = await listFresh(way, asked, order, entry, world);
      if (ids.length > 1) {
        const could = quoted(ids, world);
        throw maybeStartedError(order, entry, `there are ${ids.length} that could be it: ${could}`);
      }
      const [id] = ids;
      if (id === undefined && way.orElse === 'undecided') {
        throw maybeStartedError(order, entry, `${order.account.name} lists no new export that could be it`);
      }
      if (id !== undefined && (!isIdOf(order.account.profile, id) || world.context.redactor.knows(id))) {
        throw maybeStartedError(order, entry, `it is listed with "${quoted([id], world)}", which is no id`);
      }
      if (id !== undefined && !isSure) {
        throw maybeStartedError(order, entry, `${id} could be it, or be older: others have left the list`);
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

/** The exports that were not there before, and that no other order has. */
async function listFresh(
  { before, grace }: WayOn & { kind: 'find' },
  asked: StartOrder,
  order: Order,
  entry: Entry,
  world: RunWorld,
): Promise<Fresh> {
  const { context, service, ledger } = world;
  const { client } = service(order);
  const list = async (): Promise<Fresh> => {
    const listed = await listExports(asked, client, { urgency: 'urgent', signal: context.signal });
    return freshAmong(before, listed, idsOfOthers(entry, await ledger.list()));
  };
  const fresh = await list();
  if (fresh.ids.length > 0 || !grace || !(await waitedOut(order, entry, world))) return fresh;
  return await list();
}

/** What the ledger has of other orders at the same API. */
function idsOfOthers(entry: Entry, entries: readonly Entry[]): Set<string> {
  const own = entryKey(entry);
  const others = entries.filter(
    (other) => other.provider === entry.provider && other.api === entry.api && entryKey(other) !== own,
  );
  return new Set(others.flatMap(({ id }) => id ?? []));
}

/** Ids as they may be shown: a server decides what they are. */
function quoted(ids: readonly string[], { context }: RunWorld): string {
  return ids.map((id) => shortened(context.redactor.mask(id))).join(', ');
}

/** Whether the provider has the export under its name. */
async function isThere(
  { id, orElse }: WayOn & { kind: 'look' },
  order: Order,
  entry: Entry,
  world: RunWorld,
): Promise<boolean> {
  const { context, service } = world;
  const look = async (): Promise<boolean> => {
    const { state } = await service(order).look(id, { urgency: 'urgent', signal: context.signal });
    return state !== 'gone';
  };
  if (await look()) return true;
  // Who asks again under the same name would be told of one that appears late.
  return orElse === 'start-anew' && (await waitedOut(order, entry, world)) && (await look());
}

/** Waits until an export that was asked for can no longer be about to appear; false where that time is over. */
async function waitedOut(
  { account, start }: Order,
  { updatedAt }: Entry,
  { context: { clock, signal }, report }: RunWorld,
): Promise<boolean> {
  const graceMs = parseDuration(start.grace);
  // A clock that was set back since is no reason to wait for longer.
  const waitMs = Math.min(graceMs, Date.parse(updatedAt) + graceMs - clock.now());
  if (waitMs <= 0) return false;
  const seconds = (waitMs / 1000).toFixed(1);
  const message = `the export may have been started, and may appear late; looking again in ${seconds} s`;
  report({ type: 'warning', provider: account.name, message });
  await clock.sleep(waitMs, signal);
  return true;
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeniedError || error instanceof GoneError || error instanceof ProtocolError;
}
