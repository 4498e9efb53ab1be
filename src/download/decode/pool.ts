import { availableParallelism } from 'node:os';

import type { DecodingFile } from './file-decoder.ts';
import { canInflateSync } from './sync-inflater.ts';
import type { DecodeThread, RunningDecode } from './thread.ts';

/** A file that is about to be decoded. */
export interface Candidate {
  /** Of its raw bytes; 0 if nobody has told. */
  readonly bytes: number;
  readonly isGzip: boolean;
  /** Whether it is the only one on its way, over one connection. */
  readonly isAlone: boolean;
}

/** Raw bytes. Below, a thread takes longer to start (30 ms) than it saves. */
export const LARGE_BYTES = 16 * 1024 * 1024;

/**
 * Threads that decode large files, so that the one that makes requests need not: one a core at most, each made when all
 * others have something to do.
 */
export class DecodePool {
  readonly #cores: number;
  readonly #largeBytes: number;
  readonly #canInflate: () => boolean;
  #threads: DecodeThread[] = [];
  #isClosed = false;

  constructor({
    cores = availableParallelism(),
    largeBytes = LARGE_BYTES,
    canInflate = canInflateSync,
  } = {}) {
    this.#cores = cores;
    this.#largeBytes = largeBytes;
    this.#canInflate = canInflate;
  }

  /** A gzip file that is alone is inflated faster where it arrives: a second core writes and sends meanwhile. */
  isWorthwhile({ bytes, isGzip, isAlone }: Candidate): boolean {
    if (this.#cores < 2 || bytes < this.#largeBytes) return false;
    return !isGzip || (!isAlone && this.#canInflate());
  }

  /** Begins with a file; `undefined` where no thread can be made, or none any more. */
  async open(file: DecodingFile): Promise<RunningDecode | undefined> {
    try {
      const { DecodeThread } = await import('./thread.ts');
      return this.#isClosed ? undefined : this.#leastBusy(DecodeThread).open(file);
    } catch {
      // Node's permission model can forbid threads.
      return undefined;
    }
  }

  /** Ends all threads; what they had to do fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#threads.map(async (thread) => await thread.close()));
  }

  #leastBusy(Thread: typeof DecodeThread): DecodeThread {
    this.#threads = this.#threads.filter(({ isRunning }) => isRunning);
    const [best] = this.#threads.sort((a, b) => a.load - b.load);
    if (best !== undefined && (best.load === 0 || this.#threads.length >= this.#cores)) return best;
    const thread = new Thread();
    this.#threads.push(thread);
    return thread;
  }
}
