import type { Sink } from './sinks.ts';

/** Raw bytes from one time to the next; half and four times of it cost the same (bench/README.md). */
const STEP_BYTES = 8 * 1024 * 1024;

/** In the whole process: each takes one of the few threads that other files need, for as long as the disk likes. */
let isBusy = false;

/**
 * Has the disk take what there is of a large file while the rest is on its way: that saves an eighth of the time
 * of a fast transfer (bench/README.md), and most of the end where the disk is slower than the network.
 */
export class SyncAhead {
  readonly #file: Pick<Sink, 'sync'>;
  readonly #onFailure: (error: unknown) => void;
  /** Raw bytes at the last time. */
  #last: number;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param rawBytes that are here already
   * @param onFailure called when the disk has not taken the file: no byte of it is of use
   */
  constructor(file: Pick<Sink, 'sync'>, rawBytes: number, onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#last = rawBytes;
    this.#onFailure = onFailure;
  }

  /** The first: a system tells it only once. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** There are so many raw bytes now. */
  reached(rawBytes: number): void {
    if (isBusy || this.#failure !== undefined || rawBytes - this.#last < STEP_BYTES) return;
    this.#last = rawBytes;
    this.#running = this.#sync();
  }

  /** Waits for what is under way. Rejects with the first failure. */
  async end(): Promise<void> {
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #sync(): Promise<void> {
    isBusy = true;
    try {
      await this.#file.sync?.();
    } catch (error) {
      this.#failure = { error };
      this.#onFailure(error);
    } finally {
      isBusy = false;
    }
  }
}
