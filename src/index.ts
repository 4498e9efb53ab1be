import { loadConfiguration, requireSound, type Configuration } from './config/configuration.ts';
import type { SettingName } from './config/flags.ts';
import type { Target } from './account.ts';
import { resolveOrder } from './config/orders.ts';
import { resolveTargets } from './config/targets.ts';
import { requireKnownFlags } from './config/unknown-names.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import { realContext } from './real-context.ts';
import type { Outcome } from './run/outcome.ts';
import { createRunner } from './run/run-exports.ts';
import { startExport, tellTarget } from './run/start/start-export.ts';
import { withSandbox } from './run/with-sandbox.ts';
import { withWorld, type SavingWorld } from './run/world.ts';
import type { Event } from './events.ts';

/** How to work on an export from a program. */
interface Options {
  /**
   * Flags as text, by their names in camel case: `{ output: 'data', interval: '10s' }`. Those
   * that are about what the program prints or reports (`json`, `progress`, `quiet`, `verbose`, `color`, `ping`,
   * `ciOutput`) are refused: `onEvent` and the result tell all of it.
   */
  readonly flags?: Readonly<Record<string, string | boolean>>;
  /** A configuration file to use, and trust, instead of the one that would be found. */
  readonly configFile?: string;
  /** Gets everything that happens, as it happens. */
  readonly onEvent?: (event: Event) => void;
  /** Aborting it ends the wait; what has arrived is kept, and the next call goes on from there. */
  readonly signal?: AbortSignal;
}

/** How to watch an export from a program; `flags` are those of `exportpoll watch`. */
export type WatchOptions = Options;

/** How to start an export from a program; `flags` are those of `exportpoll start`. */
export interface StartOptions extends Options {
  /** As JSON has them; they go before those under `start:` of a named export. `{yesterday}` in a text is a date. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Start another one, although the last is not finished, here, or may have been started. */
  readonly again?: boolean;
}

/** What a start has started, or gone on with: `provider:id` is its target. */
export interface StartedExport {
  readonly provider: string;
  readonly id: string;
}

/** A file of an export, on disk and verified. */
export type SavedFile = Pick<
  Extract<Event, { type: 'file.saved' }>,
  'path' | 'bytes' | 'rawBytes' | 'sha256'
>;

/**
 * Waits until the export `target` (as on the command line, `webadmit:86446/74780`) is ready, saves its files and
 * resolves with them. Rejects with the first failure: an `ExportpollError` with an exit code and a hint, or the
 * signal's reason.
 */
export async function watch(target: string, options: WatchOptions = {}): Promise<SavedFile[]> {
  return await opened('watch', options, async (configuration, context) => {
    return await save(target, context, configuration, options);
  });
}

/**
 * Asks for a new export, of the entry under `exports:` or the provider that `name` names, and resolves with it as soon as
 * the provider has it; `watch` takes it from there. What an earlier start has begun is gone on with, and never started
 * twice: see the README. Rejects like `watch`; with MaybeStartedError where a person has to look whether there is one, and
 * with StillRunningError where one that was started with other parameters, or for another day, is not finished: `watch`
 * finishes it, and `again` starts one beside it.
 */
export async function start(name: string, options: StartOptions = {}): Promise<StartedExport> {
  return await opened('start', options, async (configuration, context) => {
    const { parameters, again = false } = options;
    const order = resolveOrder(configuration, name, { param: [], parameters, again }, context);
    let started: StartedExport | undefined;
    const outcomes = await inWorld(configuration, context, options.onEvent, async (world) => {
      const follow = async (target: Target): Promise<Outcome> => {
        started = { provider: target.account.name, id: target.id };
        return await tellTarget(target, world);
      };
      return await startExport(order, { follow, watch: false }, world);
    });
    const [failure] = outcomes.flatMap(({ failures }) => failures);
    if (failure !== undefined) throw failure.error;
    if (started === undefined) throw new Error('a start ended without an export and without an error');
    return started;
  });
}

/** Calls `work` with the configuration that the options lead to, and closes what it has opened. */
async function opened<Result>(
  caller: string,
  { flags = {}, configFile, signal = new AbortController().signal }: Options,
  work: (configuration: Configuration, context: Context) => Promise<Result>,
): Promise<Result> {
  requireKnownFlags(flags);
  refuseTellingFlags(flags, caller);
  const context = realContext(signal);
  const soundly = async (world: Context, configuration: Configuration): Promise<Result> => {
    requireSound(configuration);
    return await work(configuration, world);
  };
  const load = async (world: Context): Promise<Configuration> =>
    await loadConfiguration(world, { flags, configFile });
  try {
    const configuration = await load(context);
    if (!configuration.settings.sandbox) return await soundly(context, configuration);
    return await withSandbox(context, async (world) => await soundly(world, await load(world)));
  } finally {
    await context.transport.close();
  }
}

/** A world that tells `onEvent` alone: whatever environment and files say, nothing is printed in somebody else's program. */
async function inWorld<Result>(
  { settings }: Configuration,
  context: Context,
  onEvent: Options['onEvent'],
  work: (world: SavingWorld) => Promise<Result>,
): Promise<Result> {
  const report = (event: Event): void => onEvent?.(event);
  return await withWorld(context, { ...settings, verbose: false }, report, work);
}

async function save(
  target: string,
  context: Context,
  configuration: Configuration,
  { onEvent }: WatchOptions,
): Promise<SavedFile[]> {
  const saved: SavedFile[] = [];
  const see = (event: Event): void => {
    if (event.type === 'file.saved') {
      const { path, bytes, rawBytes, sha256 } = event;
      saved.push({ path, bytes, rawBytes, sha256 });
    }
    onEvent?.(event);
  };
  return await inWorld(configuration, context, see, async (world) => {
    const [found] = resolveTargets(configuration, [target], await world.ledger.list());
    if (found?.settings.output === '-')
      throw new UsageError('"-" is for the command line: watch() saves files', {
        hint: 'give a directory: { flags: { output } }',
      });
    const outcome = found === undefined ? undefined : await createRunner({ once: false })(found, world);
    const [failure] = outcome?.failures ?? [];
    if (failure !== undefined) throw failure.error;
    return saved;
  });
}

/** What the program tells whoever started it; here `onEvent` and the result do. */
const TELLING: readonly SettingName[] = ['json', 'progress', 'quiet', 'verbose', 'color', 'ping', 'ciOutput'];

function refuseTellingFlags(flags: Readonly<Record<string, unknown>>, caller: string): void {
  const odd = TELLING.find((name) => flags[name] !== undefined);
  if (odd === undefined) return;
  throw new UsageError(
    `the flag "${odd}" is for the command line: ${caller}() does not do what it asks for`,
    {
      hint: `onEvent gets everything that happens, and ${caller}() resolves with what came of it`,
    },
  );
}

export {
  CannotCreateError,
  CommandFailedError,
  ConfigError,
  DeniedError,
  EmptyExportError,
  ExitCode,
  ExportFailedError,
  ExportpollError,
  GoneError,
  IntegrityError,
  InterruptedError,
  IoError,
  MaybeStartedError,
  ProtocolError,
  RefusedError,
  StillRunningError,
  TryAgainError,
  UsageError,
} from './errors.ts';
export type { Event, State } from './events.ts';
