import type { Entry } from '../../ledger/entry.ts';
import type { RunWorld } from '../world.ts';

/** What the ledger has had of an order. */
export interface Earlier {
  /** The entry is that of an earlier run, which has not learned what became of its request. */
  readonly isRepeated: boolean;
  /** The entry of the export before this one. */
  readonly known: Entry | undefined;
}

/**
 * The ledger's entry of an export that is being asked for, which takes the place of the one before it. So whatever
 * interrupts the run, the ledger says whether something may have been started.
 */
export class StartNote {
  readonly #known: Entry | undefined;
  readonly #world: Pick<RunWorld, 'ledger' | 'context'>;
  #entry: Entry;
  /** The entry is in the ledger. */
  #isWritten: boolean;

  constructor(entry: Entry, { isRepeated, known }: Earlier, world: Pick<RunWorld, 'ledger' | 'context'>) {
    this.#entry = entry;
    this.#known = known;
    this.#isWritten = isRepeated;
    this.#world = world;
  }

  get entry(): Entry {
    return this.#entry;
  }

  /** What the next `write` is to say, too. */
  add(more: Partial<Entry>): void {
    this.#entry = { ...this.#entry, ...more };
  }

  /** The next attempt has another name. */
  dropName(): void {
    const { chosen: _, id: __, ...rest } = this.#entry;
    this.#entry = rest;
  }

  /** Before a request that may start something. Rejects with disk errors. */
  async write(): Promise<void> {
    const { ledger, context } = this.#world;
    this.add({ updatedAt: new Date(context.clock.now()).toISOString() });
    // The export before this one is still to be fetched, under no name but its own, whatever becomes of this one.
    const moved = unfinishedUnderId(this.#known);
    if (moved !== undefined && !this.#isWritten) await ledger.write(moved, { durable: true });
    this.#isWritten = true;
    await ledger.write(this.#entry, { durable: true });
  }

  /** The request has started nothing for sure: the ledger is as if it had not been made. */
  async forget(): Promise<void> {
    if (!this.#isWritten) return;
    const { ledger } = this.#world;
    if (this.#known === undefined) await ledger.remove(this.#entry);
    else await ledger.write(this.#known, { durable: true });
    const moved = unfinishedUnderId(this.#known);
    if (moved !== undefined) await ledger.remove(moved);
    this.#isWritten = false;
  }
}

/** The entry as that of its id alone, if there is still something to be fetched. */
function unfinishedUnderId(known: Entry | undefined): Entry | undefined {
  if (known?.state !== 'underway' || known.id === undefined) return undefined;
  const { name: _, file: __, parameters: ___, ...rest } = known;
  return rest;
}
