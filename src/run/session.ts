import { loadConfiguration, requireSound, type Configuration } from '../config/configuration.ts';
import type { Target } from '../account.ts';
import type { Context } from '../context.ts';
import { ExportpollError, UsageError, type ExitCode } from '../errors.ts';
import type { Results } from '../ui/results.ts';
import type { Outcome } from './outcome.ts';
import type { SavingWorld } from './run-export.ts';
import { withSandbox } from './with-sandbox.ts';
import { startTelling } from './telling.ts';
import { createWorld } from './world.ts';

/** What a command was called with. */
export interface Invocation {
  readonly targets: readonly string[];
  /** Raw flags, as commander has read them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly configFile: string | undefined;
}

/** What a command makes of a session. */
export interface SessionCommand {
  readonly results: Results;
  readonly resolve: (configuration: Configuration, texts: readonly string[]) => Target[];
  readonly work: (targets: readonly Target[], world: SavingWorld) => Promise<Outcome[]>;
}

/**
 * Runs a command that works on exports: loads the configuration, resolves the targets, lets `work` loose on them, and
 * ends with the summary, the errors and the exit code. Rejects for what is wrong before the work begins; with `--json`
 * that, too, ends with a summary.
 */
export async function runSession(
  context: Context,
  invocation: Invocation,
  command: SessionCommand,
): Promise<ExitCode> {
  try {
    const configuration = await loadConfiguration(context, invocation);
    if (!configuration.settings.sandbox) return await work(context, configuration, invocation, command);
    return await withSandbox(context, async (world) => {
      const overlaid = await loadConfiguration(world, invocation);
      return await work(world, overlaid, invocation, command);
    });
  } catch (error) {
    if (!(error instanceof ExportpollError) || invocation.flags['json'] !== true) throw error;
    const settings = { json: true, progress: 'none', quiet: true, color: 'never', verbose: false } as const;
    const telling = startTelling(context, settings, { results: 'none', many: false });
    return telling.finish([{ subject: '', files: 0, bytes: 0, failures: [{ error, told: false }] }]);
  }
}

async function work(
  context: Context,
  configuration: Configuration,
  { targets: texts }: Invocation,
  { results, resolve, work: run }: SessionCommand,
): Promise<ExitCode> {
  requireSound(configuration);
  const targets = resolve(configuration, texts);
  const streams = targets.some(({ settings }) => settings.output === '-');
  if (streams && configuration.settings.json) {
    throw new UsageError('--output - and --json cannot both have standard output');
  }
  if (targets.some(({ settings: { output, exec } }) => output === '-' && exec !== undefined)) {
    throw new UsageError('--exec runs a command on files, and --output - leaves none');
  }
  const telling = startTelling(context, configuration.settings, {
    results: streams ? 'none' : results,
    many: targets.length > 1,
  });
  try {
    for (const message of configuration.warnings) telling.report({ type: 'warning', message });
    return telling.finish(await run(targets, createWorld(context, configuration.settings, telling.report)));
  } catch (error) {
    telling.abandon();
    throw error;
  }
}
