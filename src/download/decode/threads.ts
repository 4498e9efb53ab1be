import { availableParallelism } from 'node:os';

import type { DecodingFile } from './file-decoder.ts';
import { canInflateAtOnce } from './inflater.ts';
import type { DecodeThread, RunningDecode } from './thread.ts';

/** Decodes large files elsewhere, so that the thread that makes requests need not. */
export interface Decoders {
  /** Whether a file of `bytes`, raw, is worth it. A gzip file that is `alone` uses two cores as it is. */
  areFor(file: { bytes: number; isGzip: boolean; isAlone: boolean }): boolean;
  /**
   * Begins with a file; `path` is that of what is written, for errors. `undefined` where the system allows no thread.
   */
  open(file: DecodingFile, path: string): Promise<RunningDecode | undefined>;
  close(): Promise<void>;
}

/** Below, a thread takes longer to start (30 ms) than it saves. */
const LARGE_BYTES = 16 * 1024 * 1024;

/** Threads that decode files, one a core at most; each is made when all others have something to do. */
export class DecodeThreads implements Decoders {
  readonly #cores: number;
  readonly #largeBytes: number;
  #threads: DecodeThread[] = [];

  constructor({ cores = availableParallelism(), largeBytes = LARGE_BYTES } = {}) {
    this.#cores = cores;
    this.#largeBytes = largeBytes;
  }

  areFor({ bytes, isGzip, isAlone }: Parameters<Decoders['areFor']>[0]): boolean {
    const isPossible = this.#cores > 1 && (!isGzip || canInflateAtOnce);
    return isPossible && bytes >= this.#largeBytes && !(isGzip && isAlone);
  }

  async open(file: DecodingFile, path: string): Promise<RunningDecode | undefined> {
    const { DecodeThread } = await import('./thread.ts');
    return this.#leastBusy(DecodeThread)?.open(file, path);
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => await thread.close()));
    this.#threads = [];
  }

  #leastBusy(Thread: typeof DecodeThread): DecodeThread | undefined {
    this.#threads = this.#threads.filter(({ isRunning }) => isRunning);
    const [best] = this.#threads.sort((a, b) => a.load - b.load);
    if (best !== undefined && (best.load === 0 || this.#threads.length >= this.#cores)) return best;
    try {
      const thread = new Thread();
      this.#threads.push(thread);
      return thread;
    } catch {
      // Node's permission model can forbid threads.
      return best;
    }
  }
}
