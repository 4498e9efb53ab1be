import type { Order } from '../../account.ts';
import type { Entry, EntryIdentity } from '../../ledger/entry.ts';
import { apiOf } from '../../profiles/origins.ts';
import { hashParameters, readParameters } from '../../profiles/parameters.ts';
import type { Settings } from '../../settings.ts';
import type { RunWorld } from '../world.ts';

/** Which export an order is for. `at`: when it was asked for, in ms, which is what date words go by, however long the export before it takes. */
export type Identity = EntryIdentity & { readonly parameters: string; readonly at: number };

export function identityOf(order: Order, { context }: RunWorld): Identity {
  const { account, name, file, settings } = order;
  const at = context.clock.now();
  const parameters = hashParameters(readParameters(order, at));
  return { provider: account.name, api: apiOf(account, settings), name, file, parameters, at };
}

/** The entry of a new export, before it is asked for at `now` in ms. */
export function draftOf({ settings }: Order, { at, ...identity }: Identity, now: number): Entry {
  const draft = newEntry({ ...identity, id: undefined }, 'starting', settings, now);
  return { ...draft, wordsAsOf: new Date(at).toISOString() };
}

/** What date words in the parameters of an entry go by, in ms. */
export function wordsAsOf({ wordsAsOf, createdAt }: Entry): number {
  return Date.parse(wordsAsOf ?? createdAt);
}

/** An entry that is made now, at `at` in ms. */
export function newEntry(
  identity: EntryIdentity,
  state: Entry['state'],
  { output, keepCompressed, name }: Settings,
  at: number,
): Entry {
  const now = new Date(at).toISOString();
  const options = { keepCompressed, name };
  return { v: 1, ...identity, state, output, options, createdAt: now, updatedAt: now };
}
