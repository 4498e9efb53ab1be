import type { Order } from '../account.ts';
import { TransientError } from '../api/failures.ts';
import { retrying } from '../api/retry.ts';
import { chooseName, listLike, LostAnswerError, requestStart, type StartOrder } from '../api/start.ts';
import {
  DeniedError,
  ExportpollError,
  GoneError,
  MaybeStartedError,
  ProtocolError,
  RefusedError,
} from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { hashParameters, readParameters, type Parameters } from '../profiles/parameters.ts';
import { parseDuration } from '../units.ts';
import type { RunWorld } from './await-export.ts';

/** The next name is as good as the last: after so many in a row something else is wrong. */
const MOST_NAMES = 4;

/**
 * Asks for the export of `entry` until the provider has it, and resolves with its id. The entry is written before each
 * request that may start something, in the place of `known`, if the ledger has had one; when the provider has refused it
 * for sure, the ledger is again as it was. So whatever interrupts this, it says which of both it was.
 *
 * What comes before a request whose predecessor's answer is not known (in this run, or in an earlier one, `isRepeated`):
 *
 * | the profile has | its export is there | it is not | nobody can tell |
 * | --- | --- | --- | --- |
 * | `find` | go on with it | after the start's `grace`, ask again | by `idempotent`: ask again, else MaybeStartedError |
 * | a name that is the id | go on with it | ask again, with that name | |
 * | `idempotent` | | | ask again |
 * | none of these | | | MaybeStartedError |
 */
export async function askStart(
  order: Order,
  entry: Entry,
  { isRepeated, known }: Earlier,
  world: RunWorld,
): Promise<string> {
  const attempt = new Attempt(order, entry, { isRepeated, known }, world);
  const { context, report } = world;
  return await retrying(async () => await attempt.next(), {
    clock: context.clock,
    random: context.random,
    signal: context.signal,
    retries: order.settings.retries,
    onRetry: (error, delayMs) => {
      const message = `${error.message}; trying again in ${(delayMs / 1000).toFixed(1)} s`;
      report({ type: 'warning', provider: order.account.name, message });
    },
  });
}

/** What the ledger has had of the order. */
interface Earlier {
  /** The entry is that of an earlier run, which has not learned what became of its request. */
  readonly isRepeated: boolean;
  /** The entry of the export before this one. */
  readonly known: Entry | undefined;
}

class Attempt {
  readonly #order: Order;
  readonly #world: RunWorld;
  readonly #parameters: Parameters;
  readonly #known: Entry | undefined;
  #entry: Entry;
  /** The entry is in the ledger, in the place of the known one. */
  #isWritten: boolean;
  /** A request was, or may have been, sent, and nobody knows what became of it. */
  #isOpen: boolean;
  #names = 1;

  constructor(order: Order, entry: Entry, { isRepeated, known }: Earlier, world: RunWorld) {
    this.#order = order;
    this.#world = world;
    this.#entry = entry;
    this.#known = known;
    this.#isOpen = isRepeated;
    this.#isWritten = isRepeated;
    // Date words as of the first attempt: a repetition after midnight is the same export.
    this.#parameters = readParameters(order, Date.parse(entry.createdAt));
  }

  /** One step further: the id, or an error, which is transient where the next step may help. */
  async next(): Promise<string> {
    if (this.#isOpen) {
      const found = await this.#lookUp();
      if (found !== undefined) return found;
    } else {
      await this.#prepare();
    }
    return await this.#ask();
  }

  /** What has to be known before the request: the name, and which exports there are already. */
  async #prepare(): Promise<void> {
    const { start } = this.#order;
    if (start.name !== undefined && this.#entry.chosen === undefined) this.#choose();
    if (start.find === undefined || this.#entry.before !== undefined) return;
    try {
      this.#entry = { ...this.#entry, before: await this.#list() };
    } catch (error) {
      // Who may not list may well start; only, a lost answer then cannot be looked up.
      if (isRefusal(error)) return;
      throw error;
    }
  }

  #choose(): void {
    const { start } = this.#order;
    const { clock, random } = this.#world.context;
    const own = this.#ownName();
    const name = own ?? chooseName(start.name?.template ?? '', clock.now(), random);
    this.#entry = { ...this.#entry, chosen: name, ...(start.id === undefined ? { id: name } : {}) };
  }

  async #ask(): Promise<string> {
    const { ledger, service, context } = this.#world;
    const { client } = service(this.#order);
    const turn = { urgency: 'urgent', signal: context.signal } as const;
    try {
      const reply = await requestStart(this.#asked(), client, turn, async () => {
        const updatedAt = new Date(context.clock.now()).toISOString();
        this.#entry = { ...this.#entry, updatedAt };
        await this.#keepUnfinished();
        this.#isWritten = true;
        await ledger.write(this.#entry, { durable: true });
      });
      switch (reply.kind) {
        case 'started':
          return reply.id;
        case 'taken':
          // A name that was chosen for one export can only be taken by that export.
          if (this.#isOpen && this.#entry.id !== undefined) return this.#entry.id;
          return await this.#rename(reply.error);
        case 'spent':
          return await this.#rename(reply.error);
        case 'busy':
          await this.#forget();
          throw asTransient(reply.error);
      }
    } catch (error) {
      if (error instanceof LostAnswerError) throw this.#lost(error);
      // An interruption leaves open what became of the request; every other error says that it started nothing.
      if (error instanceof ExportpollError && !context.signal.aborted) await this.#forget();
      throw error;
    }
  }

  /** Rejects: the next attempt has another name, if we may choose it. */
  async #rename(error: ExportpollError): Promise<never> {
    this.#isOpen = false;
    await this.#forget();
    this.#names += 1;
    if (this.#ownName() !== undefined || this.#names > MOST_NAMES) {
      throw new RefusedError(error.message, { hint: 'choose another name', cause: error });
    }
    const { chosen: _, id: __, ...rest } = this.#entry;
    this.#entry = rest;
    throw asTransient(error);
  }

  /** The request started nothing: the ledger is as if it had not been made, unless an earlier one is still open. */
  async #forget(): Promise<void> {
    if (this.#isOpen || !this.#isWritten) return;
    const { ledger } = this.#world;
    if (this.#known === undefined) await ledger.remove(this.#entry);
    else await ledger.write(this.#known, { durable: true });
    const moved = unfinishedUnderId(this.#known);
    if (moved !== undefined) await ledger.remove(moved);
    this.#isWritten = false;
  }

  /** The export before this one is still to be fetched, under no name but its own, whatever becomes of this one. */
  async #keepUnfinished(): Promise<void> {
    const moved = unfinishedUnderId(this.#known);
    if (moved !== undefined && !this.#isWritten) await this.#world.ledger.write(moved, { durable: true });
  }

  /** The id of the export that an earlier request has started; `undefined` when it has started none. */
  async #lookUp(): Promise<string | undefined> {
    const { start } = this.#order;
    const { id, before, updatedAt } = this.#entry;
    if (start.find !== undefined && before !== undefined && this.#isSame()) {
      const { clock, signal } = this.#world.context;
      let fresh = await this.#listNew(before);
      const graceMs = Date.parse(updatedAt) + parseDuration(start.grace) - clock.now();
      if (fresh.length === 0 && !start.idempotent && graceMs > 0) {
        await clock.sleep(graceMs, signal);
        fresh = await this.#listNew(before);
      }
      if (fresh.length > 1)
        throw this.#undecided(`there are ${fresh.length} that could be it: ${fresh.join(', ')}`);
      this.#isOpen = fresh.length > 0 || start.idempotent;
      return fresh[0];
    }
    if (start.id === undefined && id !== undefined) {
      const { signal } = this.#world.context;
      const { state } = await this.#world.service(this.#order).look(id, { urgency: 'urgent', signal });
      return state === 'gone' ? undefined : id;
    }
    if (start.idempotent && this.#isSame()) return undefined;
    throw this.#undecided(`${this.#order.account.name} has no way to look it up`);
  }

  async #listNew(before: readonly string[]): Promise<string[]> {
    return (await this.#list()).filter((id) => !before.includes(id));
  }

  async #list(): Promise<string[]> {
    const { service, context } = this.#world;
    const turn = { urgency: 'urgent', signal: context.signal } as const;
    return await listLike(this.#asked(), service(this.#order).client, turn);
  }

  #asked(): StartOrder {
    const { account, start } = this.#order;
    return { account, entry: start, parameters: this.#parameters, name: this.#entry.chosen };
  }

  /** False when the parameters have been changed since: another export would be looked up, or started. */
  #isSame(): boolean {
    return this.#entry.parameters === hashParameters(this.#parameters);
  }

  #ownName(): string | undefined {
    const { name } = this.#order.start;
    const own = name?.parameter === undefined ? undefined : this.#parameters[name.parameter];
    return typeof own === 'string' ? own : undefined;
  }

  #lost(error: LostAnswerError): ExportpollError {
    this.#isOpen = true;
    const { find, id, idempotent } = this.#order.start;
    const canFind = find !== undefined && this.#entry.before !== undefined;
    if (canFind || id === undefined || idempotent) return new TransientError(error.message, { cause: error });
    return this.#undecided(error.message);
  }

  #undecided(why: string): MaybeStartedError {
    const { account, name } = this.#order;
    const when = this.#entry.updatedAt;
    return new MaybeStartedError(
      `the export may have been started at ${when}, or not: the answer was lost, and ${why}`,
      {
        hint:
          `look for it at the provider. If it is there: exportpoll watch ${account.name}:ID; ` +
          `if not: exportpoll start ${name ?? account.name} … --again`,
      },
    );
  }
}

/** The entry as that of its id alone, if there is still something to be fetched. */
function unfinishedUnderId(known: Entry | undefined): Entry | undefined {
  if (known?.state !== 'underway' || known.id === undefined) return undefined;
  const { name: _, file: __, parameters: ___, ...rest } = known;
  return rest;
}

function asTransient(error: ExportpollError): TransientError {
  return error instanceof TransientError ? error : new TransientError(error.message, { cause: error });
}

function isRefusal(error: unknown): boolean {
  return error instanceof DeniedError || error instanceof GoneError || error instanceof ProtocolError;
}
