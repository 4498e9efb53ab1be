import { writeFileSync } from 'node:fs';
import { link, open, readdir, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { LostLockError } from '../../errors.ts';
import { diskError, onDisk } from '../disk-errors.ts';
import { NO_LINKS, removeFile } from '../durable.ts';
import { keepBeating } from './heartbeat.ts';
import { processStart, type Holder } from './holder.ts';
import { isLost, removeOwn } from './own-lock.ts';

/** NTFS allows 1023 links to one file; others tens of thousands, and nobody needs them. */
const MOST_LINKS = 1000;

/** Is told, once, that another run has taken a lock over. */
export type OnLost = (error: LostLockError) => void;

/** Keeps the files of one process apart. */
let files = 0;

/**
 * The file that the locks of one process in one directory are links to: it names the process, and one heartbeat is
 * that of all of them. It has a name of its own only while somebody is taking a lock.
 */
export class LockFile {
  /** Its own name. */
  readonly draft: string;
  readonly #text: string;
  /** Locks that are files of their own, where the file system has no links. */
  readonly #separate = new Set<string>();
  #opened: Promise<FileHandle> | undefined;
  #stopBeating = (): void => undefined;
  /** How many are taking a lock now, and how many ever did. */
  #takers = 0;
  #taken = 0;
  /** The locks that are held. */
  readonly #held = new Map<string, OnLost>();

  constructor(directory: string, holder: Holder) {
    files += 1;
    this.#text = JSON.stringify(holder);
    this.draft = join(directory, `${draftPrefix(holder)}${holder.pid}.${files}`);
  }

  /** True when nobody else may join. */
  get isOver(): boolean {
    return this.#taken >= MOST_LINKS || (this.#taken > 0 && this.#takers === 0);
  }

  /** To be called before a lock is taken, and `leave` when it is, or is not. */
  join(): void {
    this.#takers += 1;
    this.#taken += 1;
  }

  /** Resolves when the file is there to be linked to. */
  async written(): Promise<void> {
    this.#opened ??= this.#write();
    await this.#opened;
  }

  async leave(): Promise<void> {
    this.#takers -= 1;
    if (this.#takers > 0) return;
    await removeFile(this.draft);
    await this.#closeWhenIdle();
  }

  /** Takes the lock, if nobody has it: linking is atomic, and fails when the name exists. */
  async take(path: string, onLost: OnLost): Promise<boolean> {
    const taken = await this.link(path, () => this.#separate.add(path));
    if (taken) this.#held.set(path, onLost);
    return taken;
  }

  /** Leaves a lock alone that another run has taken over. */
  async free(path: string): Promise<void> {
    const isHeld = this.#held.delete(path);
    this.#separate.delete(path);
    if (isHeld) removeOwn(path, this.#text);
    await this.#closeWhenIdle();
  }

  /** Gives the file one more name; false when that is taken. */
  async link(path: string, onCopied = (): void => undefined): Promise<boolean> {
    try {
      await link(this.draft, path);
      return true;
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return false;
      if (!NO_LINKS.has(code)) throw diskError(error, path);
      const copied = writeNew(path, this.#text);
      if (copied) onCopied();
      return copied;
    }
  }

  /** Shows that the process is alive, and looks whether it still has its locks. */
  async #beatAndLook(): Promise<void> {
    await this.beat();
    for (const [path, onLost] of this.#held) {
      const lost = await isLost(path, this.#text);
      // It may have been freed meanwhile.
      if (this.#held.get(path) !== onLost) continue;
      if (lost) {
        this.#held.delete(path);
        onLost(lostLock(path));
      } else if (this.#separate.has(path)) {
        await writeFile(path, this.#text, { flag: 'r+' }).catch(() => undefined);
      }
    }
  }

  /** Shows that the process is alive, by the file that its locks are links to. */
  async beat(): Promise<void> {
    const handle = await this.#opened?.catch(() => undefined);
    await handle?.write(this.#text, 0).catch(() => undefined);
  }

  async #write(): Promise<FileHandle> {
    // It is the first file that a run writes here: what is told is the directory's, whose name people know.
    return await onDisk(dirname(this.draft), async () => {
      await removeFile(this.draft);
      await writeFile(this.draft, this.#text, { mode: 0o600, flag: 'wx' });
      const handle = await open(this.draft, 'r+');
      this.#stopBeating = keepBeating(async () => await this.#beatAndLook());
      return handle;
    });
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#takers > 0 || this.#held.size > 0) return;
    this.#stopBeating();
    const opened = this.#opened;
    this.#opened = undefined;
    await (await opened?.catch(() => undefined))?.close();
  }
}

/**
 * For a file system without hard links. Synchronous, so that the moment is short in which another run could see the
 * lock without its holder and take it for stale.
 */
function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskError(error, path);
  }
}

function lostLock(path: string): LostLockError {
  return new LostLockError(
    `${path} is no longer this run's: another run may be working on this export here`,
    {
      hint: 'this machine may have been paused for over a minute; run the same command again to go on',
    },
  );
}

function draftPrefix({ host }: Holder): string {
  return `.exportpoll.lock.${host}.`;
}

/** Removes the drafts of this machine's runs that were killed before they could. */
export async function sweepDrafts(directory: string, mine: Holder): Promise<void> {
  const prefix = draftPrefix(mine);
  for (const name of await readdir(directory)) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    // One that is just being written is as empty as one whose writer was killed: its name tells who that is.
    if (Number.isNaN(pid) || pid === mine.pid || processStart(pid) !== '') continue;
    await removeFile(join(directory, name));
  }
}
