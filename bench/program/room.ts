import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { statfs } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const MEMORY = fileURLToPath(new URL('room-memory.mjs', import.meta.url));
/** What is free beyond what has been written: more than a command writes from one look to the next. */
const LEAD_BYTES = 512 * 1024 * 1024;
const LOOK_MS = 50;

interface Wanted {
  /** Where the command writes. */
  readonly place: string;
  /** How much. */
  readonly bytes: number;
}

/**
 * Memory for what a command is about to write, given back as the command's files grow. A virtual machine gives memory that
 * is free back to its host within a second or two; what a command writes then costs up to ten times as much, in turn or
 * not, for every page that has to be fetched again.
 */
export class Room {
  readonly #memory: ChildProcess;
  readonly #wanted: Wanted;
  /** Used by others, there. */
  readonly #usedBefore: number;
  readonly #timer: NodeJS.Timeout;

  private constructor(memory: ChildProcess, wanted: Wanted, usedBefore: number) {
    this.#memory = memory;
    this.#wanted = wanted;
    this.#usedBefore = usedBefore;
    this.#timer = setInterval(() => void this.#look(), LOOK_MS);
  }

  /** Takes the memory. */
  static async take(wanted: Wanted): Promise<Room> {
    const usedBefore = await usedIn(wanted.place);
    const memory = fork(MEMORY, [String(wanted.bytes)], {
      execArgv: ['--expose-gc'],
      env: { GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1' },
    });
    const [said] = (await Promise.race([once(memory, 'message'), once(memory, 'exit')])) as unknown[];
    if (said !== 'taken')
      throw new Error(`there is no memory for the ${wanted.bytes} bytes that a command writes`);
    const room = new Room(memory, wanted, usedBefore);
    await room.#look();
    return room;
  }

  /** Gives back what is left of it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#memory.connected) return;
    const ended = once(this.#memory, 'exit');
    this.#memory.disconnect();
    await ended;
  }

  async #look(): Promise<void> {
    const { place, bytes } = this.#wanted;
    const written = (await usedIn(place)) - this.#usedBefore;
    if (this.#memory.connected) this.#memory.send(Math.max(0, bytes - LEAD_BYTES - written));
  }
}

async function usedIn(place: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(place);
  return (blocks - bfree) * bsize;
}
