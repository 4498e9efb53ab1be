/** Raw bytes from one time to the next. */
const STEP_BYTES = 8 * 1024 * 1024;

export interface Syncable {
  /** Forces to the disk what was written so far; missing for what is no file. */
  sync?(): Promise<void>;
}

/** In the whole process: each takes one of the few threads that other files need, for as long as the disk likes. */
let isBusy = false;

/**
 * Has the disk take what there is of a large file while the rest is on its way: what would be left for the end takes
 * as long as a tenth of the transfer on a fast disk, and longer than all of it on a slow one.
 */
export class SyncAhead {
  readonly #file: Syncable;
  /** Raw bytes at the last time. */
  #last: number;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param rawBytes that are here already */
  constructor(file: Syncable, rawBytes: number) {
    this.#file = file;
    this.#last = rawBytes;
  }

  /** There are so many raw bytes now. */
  reached(rawBytes: number): void {
    if (isBusy || rawBytes - this.#last < STEP_BYTES) return;
    this.#last = rawBytes;
    this.#running = this.#sync();
  }

  /** Waits for what is under way. Rejects with the first failure: a system tells it only once. */
  async end(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #sync(): Promise<void> {
    isBusy = true;
    try {
      await this.#file.sync?.();
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      isBusy = false;
    }
  }
}
