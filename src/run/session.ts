import { loadConfiguration, requireSound, type Configuration } from '../config/configuration.ts';
import { commandLine, defaultLayer, environmentLayer, settle } from '../config/settings.ts';
import type { Target } from '../account.ts';
import type { Context } from '../context.ts';
import { ExitCode, ExportpollError, messageOf, UsageError } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Entry } from '../ledger/entry.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Settings } from '../settings.ts';
import { maskedText } from '../ui/clean.ts';
import { describeError } from '../ui/describe-error.ts';
import type { Results } from '../ui/results.ts';
import { exitCodeOf, type Outcome } from './outcome.ts';
import { startReports, type Reported, type Reports } from './reports.ts';
import { withSandbox } from './with-sandbox.ts';
import { startTelling, type Telling } from './telling.ts';
import { withWorld, type SavingWorld } from './world.ts';

/** What a command was called with. */
export interface Invocation {
  readonly targets: readonly string[];
  /** Raw flags, as commander has read them. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly configFile: string | undefined;
}

/** What a command makes of a session. */
export interface SessionCommand<Subject> {
  readonly results: Results;
  /** What to work on; `entries` is what the ledger has. */
  readonly resolve: (
    configuration: Configuration,
    texts: readonly string[],
    entries: readonly Entry[],
    context: Context,
  ) => Subject[];
  /** What is left out where nothing was named, a sentence each. */
  readonly leftOut?: (configuration: Configuration, entries: readonly Entry[]) => string[];
  readonly work: (subjects: readonly Subject[], world: SavingWorld) => Promise<Outcome[]>;
  /** Whether it is what `--ping` and `--ci-output` are to be told of. */
  readonly reported?: boolean;
}

/**
 * Runs a command that works on exports: loads the configuration, resolves the targets, lets `work` loose on them, and
 * ends with the summary, the errors and the exit code. Rejects for what is wrong before the work begins; where NDJSON is
 * asked for that, too, ends with a summary.
 */
export async function runSession<Subject extends Pick<Target, 'settings'>>(
  context: Context,
  invocation: Invocation,
  command: SessionCommand<Subject>,
): Promise<ExitCode> {
  let json = asksForJson(context, invocation);
  try {
    const configuration = await loadConfiguration(context, invocation);
    json = configuration.settings.json;
    if (!configuration.settings.sandbox) return await work(context, configuration, invocation, command);
    return await withSandbox(context, async (world) => {
      const overlaid = await loadConfiguration(world, invocation);
      return await work(world, overlaid, invocation, command);
    });
  } catch (error) {
    if (!(error instanceof ExportpollError) || !json) throw error;
    const settings = { json: true, progress: 'none', quiet: true, color: 'never', verbose: false } as const;
    const telling = startTelling(context, settings, { results: 'none', many: false });
    return telling.finish([{ subject: '', files: 0, bytes: 0, failures: [{ error, told: false }] }]);
  }
}

/** Whether flags or environment ask for NDJSON: what is known when the files cannot be read. */
function asksForJson(context: Context, { flags }: Invocation): boolean {
  const layers = [commandLine({ json: flags['json'] }, context), environmentLayer(context).layer];
  return settle([...layers, defaultLayer(context)], context.home).settings.json;
}

async function work<Subject extends Pick<Target, 'settings'>>(
  context: Context,
  configuration: Configuration,
  invocation: Invocation,
  command: SessionCommand<Subject>,
): Promise<ExitCode> {
  const reports = startReports(context, command.reported === true ? configuration.settings : {});
  let session: { telling: Telling; outcomes: Outcome[] };
  try {
    reports.check();
    session = await workOn(context, configuration, invocation, command, reports);
  } catch (error) {
    const exitCode = error instanceof ExportpollError ? error.exitCode : ExitCode.bug;
    tellUnreported(await reports.end([], exitCode), error, configuration.settings, context);
    throw error;
  }
  const { telling, outcomes } = session;
  const { exitCode, warnings, error } = await reports.end(outcomes, exitCodeOf(outcomes));
  for (const message of warnings) telling.report({ type: 'warning', message });
  const unreported = { subject: '', files: 0, bytes: 0 };
  const all =
    error === undefined ? outcomes : [...outcomes, { ...unreported, failures: [{ error, told: false }] }];
  return telling.finish(all, exitCode);
}

/** Says on stderr what could not be reported of a run that has ended before its work began, with `reason`. */
function tellUnreported(
  { warnings, error }: Reported,
  reason: unknown,
  settings: Pick<Settings, 'quiet'>,
  context: Context,
): void {
  for (const message of warnings) warn(message, settings, context);
  // Where there is no such CI system, that is the reason itself.
  if (error === undefined || error.message === messageOf(reason)) return;
  for (const line of describeError(error, context.redactor)) context.stderr.stream.write(`${line}\n`);
}

/** A warning of a run whose work does not begin. */
function warn(message: string, { quiet }: Pick<Settings, 'quiet'>, { stderr, redactor }: Context): void {
  if (quiet) return;
  stderr.stream.write(`exportpoll: warning: ${maskedText(message, redactor)}\n`);
}

async function workOn<Subject extends Pick<Target, 'settings'>>(
  context: Context,
  configuration: Configuration,
  { targets: texts }: Invocation,
  { results, resolve, leftOut, work: run }: SessionCommand<Subject>,
  reports: Reports,
): Promise<{ telling: Telling; outcomes: Outcome[] }> {
  requireSound(configuration);
  const takesAll = texts.length === 0 && leftOut !== undefined;
  const unreadable: string[] = [];
  const entries = await new Ledger(context).list(({ message, hint = '' }) => {
    if (takesAll) unreadable.push(`${message}; ${hint}`);
  });
  let targets: Subject[];
  try {
    targets = resolve(configuration, texts, entries, context);
  } catch (error) {
    for (const message of unreadable) warn(message, configuration.settings, context);
    throw error;
  }
  const streams = targets.some(({ settings }) => settings.output === '-');
  if (streams && configuration.settings.json) {
    throw new UsageError('--output - and --json cannot both have standard output');
  }
  const telling = startTelling(context, configuration.settings, {
    results: streams ? 'none' : results,
    many: targets.length > 1,
  });
  const report = (event: Event): void => {
    reports.see(event);
    telling.report(event);
  };
  try {
    const left = takesAll ? leftOut(configuration, entries) : [];
    for (const message of [...configuration.warnings, ...unreadable, ...left]) {
      report({ type: 'warning', message });
    }
    const outcomes = await withWorld(
      context,
      configuration.settings,
      report,
      async (world) => await run(targets, world),
    );
    return { telling, outcomes };
  } catch (error) {
    telling.abandon();
    throw error;
  }
}
