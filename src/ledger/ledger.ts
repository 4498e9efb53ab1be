import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Context } from '../context.ts';
import { makeDirectory, removeFile, writeAtomically } from '../download/durable.ts';
import { Locks, type Release } from '../download/lock/lock.ts';
import type { OnLost } from '../download/lock/lock-file.ts';
import { ExportpollError, TryAgainError } from '../errors.ts';
import { entryKey, type Entry, type EntryIdentity } from './entry.ts';
import { ledgerDirectory, noDirectory, onLedgerDisk } from './place.ts';
import { readEntry } from './read-entry.ts';

const SUFFIX = '.json';
const DRAFT = '.tmp';
/** Writing one takes milliseconds. */
const OLD_DRAFT_MS = 3_600_000;

/**
 * What this machine has started or has half done: a small file an export in `$XDG_STATE_HOME/exportpoll`, replaced as a
 * whole, readable by its owner only.
 */
export class Ledger {
  /** Undefined where there is no home for it: then nothing is known, and nothing can be noted. */
  readonly #directory: string | undefined;
  readonly #pid: number;
  readonly #locks: Locks;
  /** Keys of the entries that this run has locked itself. */
  readonly #held = new Set<string>();

  constructor(context: Pick<Context, 'env' | 'home' | 'pid'>) {
    this.#directory = ledgerDirectory(context);
    this.#pid = context.pid;
    this.#locks = new Locks(context.pid);
  }

  /** Throws ConfigError where there is none. */
  get directory(): string {
    if (this.#directory === undefined) throw noDirectory();
    return this.#directory;
  }

  /** The file of an entry. Throws like `directory`. */
  pathOf(entry: EntryIdentity): string {
    return join(this.directory, `${entryKey(entry)}${SUFFIX}`);
  }

  /** Every entry that can be read, the oldest first; why another one cannot is told to `onUnreadable`. */
  async list(onUnreadable?: (error: ExportpollError) => void): Promise<Entry[]> {
    const paths = await this.#filesWhere((name) => name.endsWith(SUFFIX) && !name.startsWith('.'));
    const entries = await Promise.all(
      paths.map(async (path) => {
        try {
          return await readEntry(path);
        } catch (error) {
          if (!(error instanceof ExportpollError)) throw error;
          onUnreadable?.(error);
          return undefined;
        }
      }),
    );
    return entries
      .filter((entry) => entry !== undefined)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  }

  /** Rejects, with ConfigError or IoError, where there is something that cannot be read: it may be under way. */
  async find(identity: EntryIdentity): Promise<Entry | undefined> {
    return this.#directory === undefined ? undefined : await readEntry(this.pathOf(identity));
  }

  /**
   * With `durable`, the entry survives whatever happens to this machine from now on. Rejects like `directory`, and with
   * disk errors.
   */
  async write(entry: Entry, { durable }: { durable: boolean }): Promise<void> {
    const path = this.pathOf(entry);
    // Whoever marks an entry as finished may not have its lock, and must not meet its holder at the draft.
    const draft = join(this.directory, `.${entryKey(entry)}.${this.#pid}${DRAFT}`);
    await onLedgerDisk(path, async () => {
      await makeDirectory(this.directory);
      const text = `${JSON.stringify(entry, null, 2)}\n`;
      await writeAtomically(path, text, { mode: 0o600, durable, draft });
    });
  }

  /** Rejects like `write`. */
  async remove(entry: EntryIdentity): Promise<void> {
    const path = this.pathOf(entry);
    await onLedgerDisk(path, async () => await removeFile(path));
  }

  /**
   * Makes sure that one run at a time works on an entry. Rejects with TryAgainError while another one does; `onLost` is
   * called when another one has taken it over.
   */
  async lock(entry: EntryIdentity, onLost?: OnLost): Promise<Release> {
    const { directory } = this;
    const key = entryKey(entry);
    const release = await onLedgerDisk(directory, async () => {
      await makeDirectory(directory);
      return await this.#locks.acquire(directory, key, onLost);
    });
    this.#held.add(key);
    return async () => {
      this.#held.delete(key);
      await release();
    };
  }

  /**
   * Changes what the ledger has of the export of `entry` by now, which may have been read long ago: nothing, where that
   * is another export or none; the one under its own id, where a newer one has taken its place. `change` gives what to
   * write, `undefined` to remove it, or what it was given to leave it. Resolves with whether anything was changed; never
   * is what another run works on, which notes itself what becomes of it. Rejects like `write`.
   */
  async update(
    entry: Entry,
    change: (current: Entry) => Entry | undefined,
    { durable }: { durable: boolean } = { durable: true },
  ): Promise<boolean> {
    const { provider, api, id } = entry;
    const byId = { provider, api, id };
    const isApart = id !== undefined && entryKey(byId) !== entryKey(entry);
    for (const identity of isApart ? [entry, byId] : [entry]) {
      if (await this.#updateOne(identity, id, change, durable)) return true;
    }
    return false;
  }

  async #updateOne(
    identity: EntryIdentity,
    id: string | undefined,
    change: (current: Entry) => Entry | undefined,
    durable: boolean,
  ): Promise<boolean> {
    const isHeld = this.#held.has(entryKey(identity));
    let release: Release | undefined;
    try {
      release = isHeld ? undefined : await this.lock(identity);
      const current = await this.find(identity);
      if (current === undefined || current.id !== id) return false;
      const changed = change(current);
      if (changed === current) return false;
      await (changed === undefined ? this.remove(current) : this.write(changed, { durable }));
      return true;
    } catch (error) {
      if (error instanceof TryAgainError) return false;
      throw error;
    } finally {
      // What it cannot remove is a dead run's lock to the next one.
      await release?.().catch(() => undefined);
    }
  }

  /** Removes what runs have left that were killed while they wrote an entry; `now` in ms. */
  async sweep(now: number): Promise<void> {
    for (const path of await this.#filesWhere((name) => name.endsWith(DRAFT))) {
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || now - found.mtimeMs <= OLD_DRAFT_MS) continue;
      await onLedgerDisk(path, async () => await removeFile(path));
    }
  }

  async #filesWhere(isWanted: (name: string) => boolean): Promise<string[]> {
    const directory = this.#directory;
    if (directory === undefined) return [];
    const names = await readdir(directory).catch(() => []);
    return names.filter(isWanted).map((name) => join(directory, name));
  }
}
