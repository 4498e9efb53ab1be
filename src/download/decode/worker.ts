import { parentPort } from 'node:worker_threads';

import { CannotCreateError, IntegrityError } from '../../errors.ts';
import { FileDecoder, stepMemory, type DecodingFile } from './file-decoder.ts';
import { READY, type Answer, type Failure, type Order } from './messages.ts';

/*
 * The program of a thread that decodes files. It does a step of each file in turn and looks for orders in between, so
 * that none waits longer than a few steps take.
 */

interface Job {
  readonly file: DecodingFile;
  /** Made with the first step. */
  decoder?: FileDecoder;
  isWhole: boolean;
}

const memory = stepMemory();
const jobs = new Map<number, Job>();
let isBusy = false;

parentPort?.on('message', (order: Order) => {
  const job = jobs.get(order.job);
  switch (order.type) {
    case 'open':
      jobs.set(order.job, { file: order.file, isWhole: false });
      break;
    case 'more':
      break;
    case 'finish':
      if (job !== undefined) job.isWhole = true;
      break;
    case 'stop':
      if (job !== undefined) answer({ job: order.job, type: 'stopped' });
      break;
  }
  if (!isBusy) setImmediate(round);
  isBusy = true;
});

parentPort?.postMessage(READY);

/** A step of every file, and again as long as one of them has more. */
function round(): void {
  isBusy = false;
  for (const [id, job] of jobs) if (step(id, job)) isBusy = true;
  if (isBusy) setImmediate(round);
}

function step(id: number, job: Job): boolean {
  try {
    job.decoder ??= new FileDecoder(job.file, memory);
    if (job.decoder.step()) return true;
    if (job.isWhole) answer({ job: id, type: 'decoded', decoded: job.decoder.end() });
  } catch (error) {
    answer({ job: id, type: 'failed', failure: failureOf(error as NodeJS.ErrnoException, job.file) });
  }
  return false;
}

function answer(message: Answer): void {
  jobs.get(message.job)?.decoder?.close();
  jobs.delete(message.job);
  parentPort?.postMessage(message);
}

function failureOf(error: NodeJS.ErrnoException, { raw, content = raw }: DecodingFile): Failure {
  const { message, stack, code, syscall } = error;
  if (error instanceof IntegrityError) return { kind: 'damaged', message };
  if (error instanceof CannotCreateError) return { kind: 'tooLarge', message };
  if (syscall === undefined) return { kind: 'bug', message, stack };
  return { kind: 'disk', path: (syscall === 'read' ? raw : content).path, code, message };
}
