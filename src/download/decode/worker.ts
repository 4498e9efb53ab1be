import { parentPort } from 'node:worker_threads';

import { FileDecoder, stepMemory } from './file-decoder.ts';
import type { Answer, Failure, Order } from './messages.ts';

/*
 * The program of a thread that decodes files. It does a step of each file in turn and looks for orders in between, so that none
 * waits longer than a few steps take.
 */

interface Job {
  readonly decoder: FileDecoder;
  isWhole: boolean;
}

const memory = stepMemory();
const jobs = new Map<number, Job>();
let isBusy = false;

parentPort?.on('message', (order: Order) => {
  const job = jobs.get(order.job);
  switch (order.type) {
    case 'open':
      jobs.set(order.job, { decoder: new FileDecoder(order.file, memory), isWhole: false });
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

/** A step of every file, and again as long as one of them has more. */
function round(): void {
  isBusy = false;
  for (const [id, job] of jobs) if (step(id, job)) isBusy = true;
  if (isBusy) setImmediate(round);
}

function step(id: number, { decoder, isWhole }: Job): boolean {
  try {
    if (decoder.step()) return true;
    if (isWhole) answer({ job: id, type: 'decoded', decoded: decoder.end() });
  } catch (error) {
    answer({ job: id, type: 'failed', failure: failureOf(error as NodeJS.ErrnoException) });
  }
  return false;
}

function answer(message: Answer): void {
  jobs.get(message.job)?.decoder.close();
  jobs.delete(message.job);
  parentPort?.postMessage(message);
}

function failureOf({ name, message, stack, code, syscall }: NodeJS.ErrnoException): Failure {
  return { name, message, stack, code, syscall };
}
