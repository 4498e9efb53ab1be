import { readdir, rm, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

import type { Context } from '../context.ts';
import { onDisk } from '../download/disk-errors.ts';
import { makeDirectory, writeAtomically } from '../download/durable.ts';
import { Locks, type Release } from '../download/lock.ts';
import { ExportpollError, TryAgainError } from '../errors.ts';
import { entryKey, type Entry, type EntryIdentity } from './entry.ts';
import { readEntry } from './read-entry.ts';

const SUFFIX = '.json';
const DRAFT = '.tmp';
/** Writing an entry takes milliseconds. */
const OLD_DRAFT_MS = 3_600_000;

/**
 * What this machine has started or has half done: a small file an export in `$XDG_STATE_HOME/exportpoll` (by the XDG
 * Base Directory Specification; `~/.local/state` without it), replaced as a whole, readable by its owner only.
 */
export class Ledger {
  readonly directory: string;
  readonly #pid: number;
  readonly #locks: Locks;
  /** Keys of the entries that this run has locked itself. */
  readonly #held = new Set<string>();

  constructor({ env, home, pid }: Pick<Context, 'env' | 'home' | 'pid'>) {
    const named = env['XDG_STATE_HOME'] ?? '';
    this.directory = join(isAbsolute(named) ? named : join(home, '.local', 'state'), 'exportpoll');
    this.#pid = pid;
    this.#locks = new Locks(pid);
  }

  /** Every entry that can be read, the oldest first; why another one cannot is told to `onUnreadable`. */
  async list(onUnreadable?: (error: ExportpollError) => void): Promise<Entry[]> {
    const names = await readdir(this.directory).catch(() => []);
    const files = names.filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'));
    const entries = await Promise.all(
      files.map(async (name) => {
        try {
          return await readEntry(join(this.directory, name));
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
    return await readEntry(this.#pathOf(identity));
  }

  /** With `durable`, the entry survives whatever happens to this machine from now on. Rejects with disk errors. */
  async write(entry: Entry, { durable }: { durable: boolean }): Promise<void> {
    const path = this.#pathOf(entry);
    // Whoever marks an entry as finished may not have its lock, and must not meet its holder at the draft.
    const draft = join(this.directory, `.${entryKey(entry)}.${this.#pid}${DRAFT}`);
    await onDisk(path, async () => {
      await makeDirectory(this.directory);
      const text = `${JSON.stringify(entry, null, 2)}\n`;
      await writeAtomically(path, text, { mode: 0o600, durable, draft });
    });
  }

  async remove(entry: EntryIdentity): Promise<void> {
    await rm(this.#pathOf(entry), { force: true });
  }

  /** Makes sure that one run at a time works on an entry. Rejects with TryAgainError while another one does. */
  async lock(entry: EntryIdentity): Promise<Release> {
    await onDisk(this.directory, async () => await makeDirectory(this.directory));
    const key = entryKey(entry);
    const release = await this.#locks.acquire(this.directory, key);
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
   * is what another run works on, which notes itself what becomes of it. Rejects with disk errors.
   */
  async update(entry: Entry, change: (current: Entry) => Entry | undefined): Promise<boolean> {
    const { provider, api, id } = entry;
    return (
      (await this.#updateOne(entry, id, change)) || (await this.#updateOne({ provider, api, id }, id, change))
    );
  }

  async #updateOne(
    identity: EntryIdentity,
    id: string | undefined,
    change: (current: Entry) => Entry | undefined,
  ): Promise<boolean> {
    const isHeld = this.#held.has(entryKey(identity));
    let release: Release | undefined;
    try {
      release = isHeld ? undefined : await this.lock(identity);
      const current = await this.find(identity);
      if (current === undefined || current.id !== id) return false;
      const changed = change(current);
      if (changed === current) return false;
      await (changed === undefined ? this.remove(current) : this.write(changed, { durable: true }));
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
    const names = await readdir(this.directory).catch(() => []);
    for (const path of names
      .filter((name) => name.endsWith(DRAFT))
      .map((name) => join(this.directory, name))) {
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && now - found.mtimeMs > OLD_DRAFT_MS) await rm(path, { force: true });
    }
  }

  #pathOf(entry: EntryIdentity): string {
    return join(this.directory, `${entryKey(entry)}${SUFFIX}`);
  }
}
