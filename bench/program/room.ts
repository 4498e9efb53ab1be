import { open, rm, statfs, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 1024 * 1024;
/** What is free beyond what has been written: more than a command writes from one look to the next. */
const LEAD_BYTES = 256 * BLOCK_BYTES;
const LOOK_MS = 20;

interface Wanted {
  /** Where the command writes. */
  readonly place: string;
  /** How much. */
  readonly bytes: number;
}

/**
 * Memory for what a command is about to write, as a file in memory that shrinks as the command's files grow. A virtual
 * machine gives memory that is free back to its host within a second or two; what a command writes then costs up to ten
 * times as much, in turn or not, for every page that has to be fetched again.
 */
export class Room {
  readonly #path: string;
  readonly #file: FileHandle;
  /** Where the command writes. */
  readonly #place: string;
  readonly #bytes: number;
  #size: number;
  /** Used by others, there. */
  readonly #usedBefore: number;
  /** Whether the room itself is used there, too. */
  readonly #isThere: boolean;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;

  private constructor(
    { path, place, bytes, isThere }: Wanted & { path: string; isThere: boolean },
    file: FileHandle,
    usedBefore: number,
  ) {
    this.#path = path;
    this.#file = file;
    this.#place = place;
    this.#bytes = bytes;
    this.#size = bytes;
    this.#isThere = isThere;
    this.#usedBefore = usedBefore;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look();
    }, LOOK_MS);
  }

  /** Takes the memory. Files of the folder `memory` are in memory. */
  static async take({ memory, place, bytes }: Wanted & { memory: string }): Promise<Room> {
    const usedBefore = await usedIn(place);
    const block = Buffer.alloc(BLOCK_BYTES, 1);
    const path = join(memory, `exportpoll-bench-room-${process.pid}`);
    const file = await open(path, 'w');
    for (let at = 0; at < bytes; at += BLOCK_BYTES) await file.write(block);
    const room = new Room({ path, place, bytes, isThere: place === memory }, file, usedBefore);
    await room.#look();
    return room;
  }

  /** Gives back what is left of it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#file.close();
    await rm(this.#path);
  }

  async #look(): Promise<void> {
    const own = this.#isThere ? this.#size : 0;
    const written = (await usedIn(this.#place)) - this.#usedBefore - own;
    const wanted = Math.max(0, this.#bytes - LEAD_BYTES - written);
    if (wanted < this.#size) {
      await this.#file.truncate(wanted);
      this.#size = wanted;
    }
    this.#looking = undefined;
  }
}

async function usedIn(place: string): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(place);
  return (blocks - bfree) * bsize;
}
