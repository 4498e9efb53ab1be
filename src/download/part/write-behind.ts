import type { FileHandle } from 'node:fs/promises';

/** Bytes that wait at most while the disk is busy; whoever brings more waits with them. */
const MOST_WAITING = 2 * 1024 * 1024;

/**
 * Appends to a file while its bytes are still being made: one write is under way, and what comes meanwhile is written
 * with the next one, all at once, without being copied. Buffers must not change once they are given.
 */
export class WriteBehind {
  readonly #handle: FileHandle;
  readonly #onWritten: () => void;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** The first error; nothing is written after it. */
  #failure: { readonly error: unknown } | undefined;

  /** @param onWritten called after each write */
  constructor(handle: FileHandle, onWritten = (): void => undefined) {
    this.#handle = handle;
    this.#onWritten = onWritten;
  }

  /** Resolves when there is room for more. Rejects with the error of this or an earlier write. */
  async append(chunk: Buffer): Promise<void> {
    this.#throwFailure();
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    this.#writing ??= this.#write();
    while (this.#waitingBytes > MOST_WAITING && this.#writing !== undefined) await this.#writing;
    this.#throwFailure();
  }

  /** Resolves when all is written. Rejects with the first error of a write. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    const chunks = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      await writeAll(this.#handle, chunks);
    } catch (error) {
      this.#failure = { error };
    }
    if (this.#failure === undefined) this.#onWritten();
    this.#writing = this.#waiting.length > 0 && this.#failure === undefined ? this.#write() : undefined;
  }
}

/** A write may take less than it was given, on a disk that is about to be full for one. */
async function writeAll(handle: FileHandle, chunks: Buffer[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    const unwritten = rest.findIndex((chunk) => {
      if (bytesWritten < chunk.length) return true;
      bytesWritten -= chunk.length;
      return false;
    });
    rest = unwritten === -1 ? [] : rest.slice(unwritten);
    if (rest[0] !== undefined) rest[0] = rest[0].subarray(bytesWritten);
  }
}
