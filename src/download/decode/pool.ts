import type { DecodingFile } from './file-decoder.ts';
import { thisMachine, type Machine } from './method.ts';
import type { DecodeThread, RunningDecode } from './thread.ts';

/**
 * Threads that decode large files, so that the one that makes requests need not: one a core at most, each made when all
 * others have something to do.
 */
export class DecodePool {
  readonly machine: Machine;
  #threads: DecodeThread[] = [];
  #isClosed = false;

  constructor(machine = thisMachine) {
    this.machine = machine;
  }

  /** Begins with a file; `undefined` where no thread can be made, or none any more. */
  async open(file: DecodingFile): Promise<RunningDecode | undefined> {
    const { DecodeThread } = await import('./thread.ts');
    try {
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
    if (best !== undefined && (best.load === 0 || this.#threads.length >= this.machine.cores)) return best;
    const thread = new Thread();
    this.#threads.push(thread);
    return thread;
  }
}
