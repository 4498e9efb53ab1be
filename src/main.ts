import type * as V8 from 'node:v8';

import type { Context } from './context.ts';
import { ExitCode, ExportpollError, InterruptedError, IoError } from './errors.ts';
import { runProgram } from './program.ts';
import { realContext } from './real-context.ts';
import { asksForStack, describeError } from './ui/describe-error.ts';
import { Redactor } from './secrets.ts';

/**
 * The composition root: makes the real world, runs the program in it, and turns what it ends with into an exit code.
 * The process then ends by itself, when nothing is left to do.
 */
export async function main(): Promise<void> {
  // Whatever ends the process before its time, a promise that nobody keeps for one, must not look like success.
  process.exitCode = ExitCode.bug;
  const interruption = new AbortController();
  const stopListening = onSignals((error) => interruption.abort(error));
  const output = watchOutput();
  let context: Context | undefined;
  try {
    context = realContext(interruption.signal, {
      onFirstRequest: tuneForRequests,
      onFirstFile: tuneForFiles,
    });
    process.exitCode = await runProgram(process.argv.slice(2), context);
  } catch (error) {
    tell(error, context?.redactor);
    process.exitCode = error instanceof ExportpollError ? error.exitCode : ExitCode.bug;
  } finally {
    const interrupted = interruption.signal.aborted;
    // What still runs for a run that has ended (a secret's command at the deadline) ends with it.
    interruption.abort(new Error('the run has ended'));
    await context?.transport.close();
    stopListening();
    if (interrupted) endSoon();
    // Whatever was done, its results are lost.
    process.exitCode = output.failure()?.exitCode ?? process.exitCode;
  }
}

/**
 * Keeps V8, for the whole process, from work that is never earned back:
 * * compiling undici's parser (WebAssembly) again, to make it faster: 36 MiB and 80 ms, for answers that are small;
 * * marking its own small heap over and over, because large buffers pass: a tenth of the CPU time of a download;
 * * optimising functions that ran for a few milliseconds (67584 is its own measure, in bytes of bytecode): 40 ms and
 *   8 MiB. Later versions than that of Node 20 have no such flag, and are slower to optimise by themselves.
 */
function tuneForRequests(): void {
  const budget = process.versions.v8.startsWith('11.') ? ' --interrupt-budget=2000000' : '';
  v8()?.setFlagsFromString(`--liftoff-only --no-incremental-marking${budget}`);
}

/** Of what a few hundred exports and their files need. */
const SMALL_HEAP_BYTES = 64 * 1024 * 1024;

/**
 * Keeps the memory for new objects as large as it is by now: the buffers of files hang on small objects, and are freed
 * when these are collected, which happens when that memory is full. Not with thousands of exports: what waits with them
 * would be taken for old too early, and stay (bench/README.md).
 */
function tuneForFiles(): void {
  const { used_heap_size: used = 0 } = v8()?.getHeapStatistics() ?? {};
  if (used < SMALL_HEAP_BYTES) v8()?.setFlagsFromString('--semi-space-growth-factor=1');
}

/** Not imported, for a quick start. Node 21, and 22 before 22.3, have no such function, and do without. */
function v8(): typeof V8 | undefined {
  return process.getBuiltinModule?.('node:v8');
}

function tell(error: unknown, redactor = new Redactor()): void {
  const verbose = asksForStack(process.argv.slice(2), process.env['EXPORTPOLL_VERBOSE']);
  process.stderr.write(`${describeError(error, redactor, verbose).join('\n')}\n`);
}

/** How long what is left of an interrupted run may take, in ms: output that nobody reads would take for ever. */
const LEFTOVERS_MS = 300;

/** Ends the process, unless it has ended by then; nothing waits for that. */
function endSoon(): void {
  AbortSignal.timeout(LEFTOVERS_MS).addEventListener('abort', () => process.exit());
}

/** The first signal asks the work to stop; a second one does not wait for it. */
function onSignals(interrupt: (error: InterruptedError) => void): () => void {
  let asked = false;
  const listeners = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const listener = (): void => {
      const error = new InterruptedError(signal);
      if (asked) process.exit(error.exitCode);
      asked = true;
      interrupt(error);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

/**
 * Deals with standard streams that fail. A reader of stdout that went away (`| head`) is nothing to tell, and no reason
 * to fail here: the paths of saved files can do without one, and a file's content that is left (`-o -`) fails its export
 * by itself (OutputClosedError). Anything else is told once and decides the exit code, and nothing more is written:
 * whoever writes sees the stream's state.
 * Of a stderr that fails nobody can be told, and the work does not depend on it.
 */
function watchOutput(): { failure: () => IoError | undefined } {
  let failure: IoError | undefined;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || failure !== undefined) return;
    failure = new IoError(`standard output cannot be written (${error.code ?? error.message})`);
    tell(failure);
    process.exitCode = failure.exitCode;
    process.stdout.end();
  });
  return { failure: () => failure };
}
