import type { Order } from '../../account.ts';
import { TransientError } from '../../api/failures.ts';
import {
  chooseName,
  LostAnswerError,
  requestStart,
  type StartOrder,
  type StartReply,
} from '../../api/start.ts';
import { ExportpollError, RefusedError } from '../../errors.ts';
import type { Entry } from '../../ledger/entry.ts';
import type { Parameters } from '../../profiles/parameter-value.ts';
import { hashParameters, readParameters } from '../../profiles/parameters.ts';
import type { RunWorld } from '../world.ts';
import { afterReply } from './after-reply.ts';
import { wordsAsOf } from './entry.ts';
import { findStarted, listBefore } from './find.ts';
import { lostStartError, maybeStartedError } from './maybe-started.ts';
import { retryingTold } from '../retrying-told.ts';
import { StartNote, type Earlier } from './note.ts';
import { wayOn, type WayOn } from './way-on.ts';

/** The next name is as good as the last: after so many in a row something else is wrong. */
const MOST_NAMES = 4;

/**
 * Asks for the export of `entry` until the provider has it, and resolves with its id. The entry is written before each
 * request that may start something, in the place of the known one, if the ledger has had one; when the provider has
 * refused it for sure, the ledger is again as it was. After a request whose answer is lost, `wayOn` says what is next.
 *
 * Resolves with `undefined`, and forgets the entry, where that is of an earlier run and for other parameters, and its
 * export is not there: nobody wants it any more.
 */
export async function askStart(
  order: Order,
  entry: Entry,
  earlier: Earlier,
  world: RunWorld,
): Promise<string | undefined> {
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
  /** As `#isOpen`, of a request under this name, and also when it was looked for in vain since then. */
  #mayBeHeard: boolean;
  #names = 1;

  constructor(order: Order, entry: Entry, earlier: Earlier, world: RunWorld) {
    this.#order = order;
    this.#world = world;
    this.#note = new StartNote(entry, earlier, world);
    this.#isOpen = earlier.isRepeated;
    this.#mayBeHeard = earlier.isRepeated;
    // Date words as of the first attempt: a repetition after midnight is the same export.
    this.#parameters = readParameters(order, wordsAsOf(entry));
  }

  /** One step further: what `askStart` resolves with, or an error, which is transient where the next step may help. */
  async next(): Promise<string | undefined> {
    if (this.#isOpen) {
      const found = await findStarted(
        this.#wayOn(),
        this.#asked(),
        this.#order,
        this.#note.entry,
        this.#world,
      );
      if (found.kind === 'found') return found.id;
      if (found.kind === 'not-there') {
        await this.#note.forget();
        return undefined;
      }
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
    const reply = await this.#request();
    const { entry } = this.#note;
    const next = afterReply(reply, {
      mayBeHeard: this.#mayBeHeard,
      id: entry.id,
      mayRename: this.#ownName() === undefined && this.#names < MOST_NAMES,
    });
    switch (next.kind) {
      case 'done':
        return next.id;
      case 'undecided':
        throw maybeStartedError(this.#order, entry, 'the name it was given is taken');
      case 'rename':
        await this.#note.forget();
        this.#isOpen = false;
        this.#mayBeHeard = false;
        this.#names += 1;
        this.#note.dropName();
        throw asTransient(next.error);
      case 'refused':
        await this.#note.forget();
        throw new RefusedError(next.error.message, { hint: 'choose another name', cause: next.error });
      case 'wait':
        await this.#forget();
        throw asTransient(next.error);
    }
  }

  async #request(): Promise<StartReply> {
    const { service, context } = this.#world;
    const { client } = service(this.#order);
    const turn = { urgency: 'urgent', signal: context.signal } as const;
    try {
      return await requestStart(this.#asked(), client, turn, async () => await this.#note.write());
    } catch (error) {
      if (error instanceof LostAnswerError) throw await this.#lost(error);
      // An interruption leaves open what became of the request; every other error says that it started nothing.
      if (error instanceof ExportpollError && !context.signal.aborted) await this.#forget();
      throw error;
    }
  }

  /** This request has started nothing; an earlier one may have. */
  async #forget(): Promise<void> {
    if (!this.#isOpen) await this.#note.forget();
  }

  async #lost(error: LostAnswerError): Promise<ExportpollError> {
    this.#isOpen = true;
    this.#mayBeHeard = true;
    if (error.isAnswered) {
      this.#note.add({ answered: true });
      await this.#note.write();
    }
    return this.#wayOn().kind === 'undecided'
      ? maybeStartedError(this.#order, this.#note.entry, error.message)
      : lostStartError(this.#order, error);
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
    return { account, start, parameters: this.#parameters, name: this.#note.entry.chosen };
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
