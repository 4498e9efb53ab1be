import { Worker } from 'node:worker_threads';

import { CannotCreateError, IntegrityError } from '../../errors.ts';
import { packageFile } from '../../package-file.ts';
import { diskError } from '../disk-errors.ts';
import type { Decoded, DecodingFile } from './file-decoder.ts';
import type { Answer, Failure, Order } from './messages.ts';

/** A file that a thread decodes while it arrives. */
export interface RunningDecode {
  /** Rejects with IntegrityError, CannotCreateError or IoError; never resolves after `stop`. */
  readonly decoded: Promise<Decoded>;
  /** There may be more to read. */
  more(): void;
  /** Everything is in the raw file. */
  finish(): void;
  /** Gives it up; resolves when neither file is touched any more. */
  stop(): Promise<void>;
}

interface Job {
  readonly path: string;
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: Error) => void;
  /** Called when the thread has done with it, however. */
  readonly release: () => void;
}

/** How much of its heap a thread may fill before V8 looks for what can go: it keeps next to nothing. */
const YOUNG_GENERATION_MIB = 2;

/** One thread that decodes files. It keeps the process alive only while it has any. */
export class DecodeThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #lastJob = 0;
  /** Why it does not run any more. */
  #end: Error | undefined;

  constructor() {
    this.#worker = new Worker(packageFile('dist/download/decode/worker.js'), {
      // It needs neither, and the environment holds secrets.
      env: {},
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    this.#worker.unref();
    this.#worker
      .on('message', (answer: Answer) => this.#take(answer))
      .on('error', (error) => this.#fail(error))
      .on('exit', () => this.#fail(new Error('a thread that decodes files has ended')));
  }

  /** Files that it has at the moment. */
  get load(): number {
    return this.#jobs.size;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** @param path of the file that is written, for errors */
  open(file: DecodingFile, path: string): RunningDecode {
    this.#lastJob += 1;
    const job = this.#lastJob;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const decoded = new Promise<Decoded>((resolve, reject) => {
      this.#jobs.set(job, { path, resolve, reject, release });
    });
    const order = (message: Order): void => this.#worker.postMessage(message);
    this.#worker.ref();
    order({ job, type: 'open', file });
    return {
      decoded,
      more: () => order({ job, type: 'more' }),
      finish: () => order({ job, type: 'finish' }),
      stop: async () => {
        order({ job, type: 'stop' });
        await released;
      },
    };
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(answer: Answer): void {
    const job = this.#jobs.get(answer.job);
    this.#jobs.delete(answer.job);
    if (this.#jobs.size === 0) this.#worker.unref();
    if (answer.type === 'decoded') job?.resolve(answer.decoded);
    if (answer.type === 'failed') job?.reject(errorOf(answer.failure, job.path));
    job?.release();
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject, release } of this.#jobs.values()) {
      reject(this.#end);
      release();
    }
    this.#jobs.clear();
  }
}

function errorOf(failure: Failure, path: string): Error {
  const { name, message, stack, syscall } = failure;
  if (name === IntegrityError.name) return new IntegrityError(message);
  if (name === CannotCreateError.name) return new CannotCreateError(message);
  const error = Object.assign(new Error(message), { ...failure, stack: stack ?? message });
  return syscall === undefined ? error : diskError(error, path);
}
