import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

import { TryAgainError } from '../../errors.ts';
import { onDisk } from '../disk-errors.ts';
import { removeFile } from '../durable.ts';
import { isSilent } from './heartbeat.ts';
import { holderOf, isForeign, livingHolder, type Holder } from './holder.ts';
import { LockFile, sweepDrafts, type OnLost } from './lock-file.ts';
import { readSmall, SMALL_BYTES } from '../read-small.ts';

/** Frees the lock. */
export type Release = () => Promise<void>;

/** The locks of one run, which make sure that one run at a time works on an export in a directory. */
export class Locks {
  readonly #mine: Holder;
  /** By directory, what the next lock is a link to. */
  readonly #files = new Map<string, LockFile>();
  /** Directories where what killed runs have left is gone, or about to be. */
  readonly #swept = new Map<string, Promise<void>>();

  /** `pid` is that of this process. */
  constructor(pid: number) {
    this.#mine = holderOf(pid);
  }

  /**
   * Takes the lock of an export: a small file that names the process which holds it. A holder that is no longer alive
   * (kill -9, power cut) holds nothing: on this machine that can be asked, of another machine or container it shows by
   * its silence. Throws TryAgainError while another run holds the lock. `onLost` is called when another run turns out to
   * have taken it over, or somebody has removed it: nothing that it kept others away from may be touched from then on.
   */
  async acquire(directory: string, key: string, onLost: OnLost = () => undefined): Promise<Release> {
    const path = join(directory, `.${key}.lock`);
    await this.#sweep(directory);
    const file = this.#fileFor(directory);
    file.join();
    try {
      await file.written();
      for (let tries = 0; tries < 10; tries += 1) {
        if (await file.take(path, onLost)) {
          await dropDeadGuard(`${path}.stale`, this.#mine);
          return async () => await file.free(path);
        }
        const found = await readLock(path);
        if (found === undefined) continue;
        const holder = livingHolder(found, this.#mine);
        if (holder !== undefined && !(await this.#isDead(holder, path, file))) throw heldBy(holder, path);
        await this.#removeStale(path, found, file);
      }
      throw new TryAgainError(`${path}: another run took the lock again and again`);
    } finally {
      await file.leave();
    }
  }

  async #sweep(directory: string): Promise<void> {
    const sweeping =
      this.#swept.get(directory) ?? onDisk(directory, async () => await sweepDrafts(directory, this.#mine));
    this.#swept.set(directory, sweeping);
    await sweeping;
  }

  #fileFor(directory: string): LockFile {
    const current = this.#files.get(directory);
    if (current !== undefined && !current.isOver) return current;
    const next = new LockFile(directory, this.#mine);
    this.#files.set(directory, next);
    return next;
  }

  /** Whether a holder that cannot be asked was silent for too long. */
  async #isDead(holder: Holder, path: string, file: LockFile): Promise<boolean> {
    if (!isForeign(holder, this.#mine)) return false;
    await file.beat();
    return await isSilent(path, file.draft);
  }

  /**
   * Takes a dead run's lock away. Whoever does so holds a second lock for that moment: between the look at the first
   * one and its removal, nobody else may have removed it and a living run have taken it.
   */
  async #removeStale(path: string, stale: string, file: LockFile): Promise<void> {
    const guard = `${path}.stale`;
    if (await file.link(guard)) {
      const found = await readLock(path);
      if (found === stale) await removeFile(path);
      await removeFile(guard);
      return;
    }
    await dropDeadGuard(guard, this.#mine);
  }
}

/** What a lock says: nothing (`''`) where something lies in its place that is none. `undefined` when nothing is there. */
async function readLock(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined ? undefined : ((await readSmall(path, SMALL_BYTES)) ?? '');
}

/** Removes the second lock of a run that was killed in the moment of taking over. */
async function dropDeadGuard(guard: string, mine: Holder): Promise<void> {
  const text = await readLock(guard);
  if (text !== undefined && livingHolder(text, mine) === undefined) await removeFile(guard);
}

function heldBy({ host, pid }: Holder, path: string): TryAgainError {
  return new TryAgainError(`another run (process ${pid} on ${host}) is working on this export here`, {
    hint: `wait for it to end; if there is no such process, remove ${path}`,
  });
}
