import { Worker } from 'node:worker_threads';

import { CannotCreateError, IntegrityError, TryAgainError } from '../../errors.ts';
import { packageFile } from '../../package-file.ts';
import { diskError } from '../disk-errors.ts';
import type { Decoded, DecodingFile } from './file-decoder.ts';
import { NotStartedError } from './not-started.ts';
import { READY, type Answer, type Failure, type Order } from './messages.ts';

/** A file that a thread decodes while it arrives. */
export interface RunningDecode {
  /** Rejects with IntegrityError, CannotCreateError, IoError or TryAgainError; after `stop` it may stay pending. */
  readonly decoded: Promise<Decoded>;
  /** There may be more to read. */
  more(): void;
  /** Everything is in the raw file. */
  finish(): void;
  /** Gives it up; resolves when neither file is touched any more. */
  stop(): Promise<void>;
}

interface Job {
  readonly resolve: (decoded: Decoded) => void;
  readonly reject: (error: Error) => void;
  /** Called when the thread has done with it, however. */
  readonly release: () => void;
}

/** The memory of a thread's new objects, of which it keeps next to none; as much as 32 without a limit. */
const YOUNG_GENERATION_MIB = 2;

/** One thread that decodes files. It keeps the process alive only while it has any. */
export class DecodeThread {
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #lastJob = 0;
  /** Why it does not run any more. */
  #end: Error | undefined;
  #isReady = false;

  constructor() {
    this.#worker = new Worker(packageFile('dist/download/decode/worker.js'), {
      // It needs neither, and the environment holds secrets.
      env: {},
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    this.#worker.unref();
    this.#worker
      .on('message', (said: Answer | typeof READY) => {
        if (said === READY) this.#isReady = true;
        else this.#take(said);
      })
      .on('error', (error) => this.#fail(error))
      .on('exit', () => this.#fail());
  }

  /** Files that it has at the moment. */
  get load(): number {
    return this.#jobs.size;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  open(file: DecodingFile): RunningDecode {
    this.#lastJob += 1;
    const job = this.#lastJob;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const decoded = new Promise<Decoded>((resolve, reject) => {
      this.#jobs.set(job, { resolve, reject, release });
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
    if (answer.type === 'failed') job?.reject(errorOf(answer.failure));
    job?.release();
  }

  /** All raw bytes are kept: whatever ended the thread, memory for one, may be past when they are decoded again. */
  #fail(cause?: Error): void {
    const Ended = this.#isReady ? TryAgainError : NotStartedError;
    this.#end ??= new Ended('a thread that decodes files has ended', { cause });
    for (const { reject, release } of this.#jobs.values()) {
      reject(this.#end);
      release();
    }
    this.#jobs.clear();
  }
}

function errorOf(failure: Failure): Error {
  const { kind, message } = failure;
  switch (kind) {
    case 'damaged':
      return new IntegrityError(message);
    case 'tooLarge':
      return new CannotCreateError(message);
    case 'disk':
      return diskError(Object.assign(new Error(message), { code: failure.code }), failure.path);
    case 'bug':
      return Object.assign(new Error(message), { stack: failure.stack });
  }
}
