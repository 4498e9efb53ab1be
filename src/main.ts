import { ExitCode, ExportpollError, InterruptedError } from './errors.ts';
import { runProgram } from './program.ts';
import { realContext } from './real-context.ts';
import { describeError } from './ui/describe-error.ts';

/**
 * The composition root: makes the real world, runs the program in it, and turns what it ends with into an exit code.
 * The process then ends by itself, when nothing is left to do.
 */
export async function main(): Promise<void> {
  const interruption = new AbortController();
  const stopListening = onSignals((error) => interruption.abort(error));
  const context = realContext(interruption.signal);
  for (const { stream } of [context.stdout, context.stderr]) ignoreClosedPipe(stream);
  try {
    process.exitCode = await runProgram(process.argv.slice(2), context);
  } catch (error) {
    const verbose = process.argv.includes('-v') || process.argv.includes('--verbose');
    process.stderr.write(`${describeError(error, context.redactor, verbose).join('\n')}\n`);
    process.exitCode = error instanceof ExportpollError ? error.exitCode : ExitCode.bug;
  } finally {
    await context.transport.close();
    stopListening();
  }
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

/** A reader that went away (`| head`) is no reason to fail; whoever writes sees the stream's state. */
function ignoreClosedPipe(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
