import { constants } from 'node:os';

import { endOf } from '../child.ts';
import { splitWords } from '../config/words.ts';
import type { Context } from '../context.ts';
import { CommandFailedError } from '../errors.ts';

/** What a command is told about the export whose files it gets. */
export interface ExecSubject {
  readonly provider: string;
  readonly id: string;
  readonly manifest: string;
  readonly paths: readonly string[];
}

/**
 * Runs the command of `--exec` with the files' paths appended. Its words are split as a shell splits them, but no
 * shell is started: quotes and backslashes work, variables and operators do not. Its output goes to our stderr, which
 * leaves stdout to the results. Rejects with CommandFailedError.
 */
export async function execCommand(command: string, subject: ExecSubject, context: Context): Promise<void> {
  const [program, ...args] = splitWords(command);
  if (program === undefined) return;
  const { execa } = await import('execa');
  const child = execa(program, [...args, ...subject.paths], {
    cwd: context.cwd,
    env: environmentFor(subject, context),
    extendEnv: false,
    stdin: 'ignore',
    stdout: 2,
    stderr: 2,
    cancelSignal: context.signal,
    // Whoever needs longer to end well than we wait for it is not to be cut short.
    forceKillAfterDelay: false,
    reject: false,
  });
  const result = await endOf(child, context.clock, context.signal);
  // One that ended well has run, whatever happens to us.
  if (!result.failed) return;
  context.signal.throwIfAborted();
  const { how, commandExitCode } = howItFailed(result);
  throw new CommandFailedError(`--exec ${program} failed (${how}); the files are complete`, {
    hint: 'the same command line runs it again, and downloads nothing',
    commandExitCode,
  });
}

type Ending = Partial<Record<'exitCode' | 'signal' | 'code', number | string | undefined>>;

/** In words, and as the number that a shell makes of it (POSIX, Shell Command Language, 2.8.2). */
function howItFailed({ exitCode, signal, code }: Ending): { how: string; commandExitCode: number } {
  if (typeof exitCode === 'number') return { how: `exit code ${exitCode}`, commandExitCode: exitCode };
  if (code === 'ENOENT') return { how: 'command not found', commandExitCode: 127 };
  if (code === 'E2BIG')
    return { how: 'more paths than a command line can hold (E2BIG)', commandExitCode: 126 };
  if (signal !== undefined) {
    const number = constants.signals[signal as NodeJS.Signals];
    return { how: String(signal), commandExitCode: 128 + number };
  }
  return {
    how: code === 'EACCES' ? 'not executable' : String(code ?? 'did not start'),
    commandExitCode: 126,
  };
}

/** Our environment without anything that is, or may be, a secret of ours, and what the command is told. */
function environmentFor(subject: ExecSubject, { env, redactor }: Context): Record<string, string> {
  const clean = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('EXPORTPOLL_') || redactor.knows(value)
      ? []
      : [[name, value] as const],
  );
  return {
    ...Object.fromEntries(clean),
    EXPORTPOLL_EXPORT_PROVIDER: subject.provider,
    EXPORTPOLL_EXPORT_ID: subject.id,
    EXPORTPOLL_EXPORT_MANIFEST: subject.manifest,
  };
}
