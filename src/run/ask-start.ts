import type { Order } from '../account.ts';
import { TransientError } from '../api/failures.ts';
import { chooseName, LostAnswerError, requestStart, type StartOrder } from '../api/start.ts';
import { ExportpollError, RefusedError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { hashParameters, readParameters, type Parameters } from '../profiles/parameters.ts';
import type { RunWorld } from './await-export.ts';
import { findStarted, listBefore } from './find-started.ts';
import { maybeStarted } from './maybe-started.ts';
import { retryingTold } from './retrying-told.ts';
import { StartNote, type Earlier } from './start-note.ts';
import { wayOn, type WayOn } from './way-on.ts';

/** The next name is as good as the last: after so many in a row something else is wrong. */
const MOST_NAMES = 4;

/**
 * Asks for the export of `entry` until the provider has it, and resolves with its id. The entry is written before each
 * request that may start something, in the place of the known one, if the ledger has had one; when the provider has
 * refused it for sure, the ledger is again as it was. After a request whose answer is lost, `wayOn` says what is next.
 */
export async function askStart(
  order: Order,
  entry: Entry,
  earlier: Earlier,
  world: RunWorld,
): Promise<string> {
  const attempt = new Attempt(order, entry, earlier, world);
  const about = { provider: order.account.name, retries: order.settings.retries };
  return await retryingTold(async () => await attempt.next(), about, world);
}

class Attempt {
  readonly #order: Order;
  readonly #world: RunWorld;
  readonly #parameters: Parameters;
  readonly #note: StartNote;
  /** A request was, or may have been, sent, and nobody knows what became of it. */
  #isOpen: boolean;
  #names = 1;

  constructor(order: Order, entry: Entry, earlier: Earlier, world: RunWorld) {
    this.#order = order;
    this.#world = world;
    this.#note = new StartNote(entry, earlier, world);
    this.#isOpen = earlier.isRepeated;
    // Date words as of the first attempt: a repetition after midnight is the same export.
    this.#parameters = readParameters(order, Date.parse(entry.createdAt));
  }

  /** One step further: the id, or an error, which is transient where the next step may help. */
  async next(): Promise<string> {
    if (this.#isOpen) {
      const found = await findStarted(
        this.#wayOn(),
        this.#asked(),
        this.#order,
        this.#note.entry,
        this.#world,
      );
      if (found.id !== undefined) return found.id;
      this.#isOpen = found.isOpen;
    } else {
      await this.#prepare();
    }
    return await this.#ask();
  }

  /** What has to be known before the request: the name, and which exports there are already. */
  async #prepare(): Promise<void> {
    const { start } = this.#order;
    if (start.name !== undefined && this.#note.entry.chosen === undefined) this.#choose();
    if (start.find === undefined || this.#note.entry.before !== undefined) return;
    const before = await listBefore(this.#asked(), this.#order, this.#world);
    if (before !== undefined) this.#note.add({ before });
  }

  #choose(): void {
    const { start } = this.#order;
    const { clock, random } = this.#world.context;
    const name = this.#ownName() ?? chooseName(start.name?.template ?? '', clock.now(), random);
    this.#note.add({ chosen: name, ...(start.id === undefined ? { id: name } : {}) });
  }

  async #ask(): Promise<string> {
    const { service, context } = this.#world;
    const { client } = service(this.#order);
    const turn = { urgency: 'urgent', signal: context.signal } as const;
    try {
      const reply = await requestStart(this.#asked(), client, turn, async () => await this.#note.write());
      switch (reply.kind) {
        case 'started':
          return reply.id;
        case 'taken':
          // A name that was chosen for one export can only be taken by that export.
          if (this.#isOpen && this.#note.entry.id !== undefined) return this.#note.entry.id;
          return await this.#rename(reply.error);
        case 'spent':
          return await this.#rename(reply.error);
        case 'busy':
          await this.#forget();
          throw asTransient(reply.error);
      }
    } catch (error) {
      if (error instanceof LostAnswerError) throw await this.#lost(error);
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
    this.#note.dropName();
    throw asTransient(error);
  }

  /** This request has started nothing; an earlier one may have. */
  async #forget(): Promise<void> {
    if (!this.#isOpen) await this.#note.forget();
  }

  async #lost(error: LostAnswerError): Promise<ExportpollError> {
    this.#isOpen = true;
    if (error.isAnswered) {
      this.#note.add({ answered: true });
      await this.#note.write();
    }
    return this.#wayOn().kind === 'undecided'
      ? maybeStarted(this.#order, this.#note.entry, error.message)
      : new TransientError(error.message, { cause: error });
  }

  #wayOn(): WayOn {
    const { start } = this.#order;
    const { before, id, parameters, answered = false } = this.#note.entry;
    return wayOn({
      isSame: parameters === hashParameters(this.#parameters),
      before: start.find === undefined ? undefined : before,
      named: start.id === undefined ? id : undefined,
      idempotent: start.idempotent,
      isAnswered: answered,
    });
  }

  #asked(): StartOrder {
    const { account, start } = this.#order;
    return { account, entry: start, parameters: this.#parameters, name: this.#note.entry.chosen };
  }

  #ownName(): string | undefined {
    const { name } = this.#order.start;
    const own = name?.parameter === undefined ? undefined : this.#parameters[name.parameter];
    return typeof own === 'string' ? own : undefined;
  }
}

function asTransient(error: ExportpollError): TransientError {
  return error instanceof TransientError ? error : new TransientError(error.message, { cause: error });
}
