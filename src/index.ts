import { loadConfiguration, requireSound, type Configuration } from './config/configuration.ts';
import type { SettingName } from './config/flags.ts';
import { resolveTargets } from './config/targets.ts';
import { requireKnownFlags } from './config/unknown-names.ts';
import type { Context } from './context.ts';
import { UsageError } from './errors.ts';
import { realContext } from './real-context.ts';
import { createRunner } from './run/run-exports.ts';
import { withSandbox } from './run/with-sandbox.ts';
import { createWorld } from './run/world.ts';
import type { Event } from './events.ts';

/** How to watch an export from a program. */
export interface WatchOptions {
  /**
   * The flags of `exportpoll watch` as text, by their names in camel case: `{ output: 'data', interval: '10s' }`. Those
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
  const { flags = {}, configFile } = options;
  requireKnownFlags(flags);
  refuseTellingFlags(flags);
  const context = realContext(options.signal ?? new AbortController().signal);
  const load = async (world: Context): Promise<Configuration> =>
    await loadConfiguration(world, { flags, configFile });
  try {
    const configuration = await load(context);
    if (!configuration.settings.sandbox) return await save(target, context, configuration, options);
    return await withSandbox(context, async (world) => await save(target, world, await load(world), options));
  } finally {
    await context.transport.close();
  }
}

async function save(
  target: string,
  context: Context,
  configuration: Configuration,
  { onEvent }: WatchOptions,
): Promise<SavedFile[]> {
  requireSound(configuration);
  const saved: SavedFile[] = [];
  // Whatever environment and files say to the program, nothing is printed in somebody else's.
  const settings = { ...configuration.settings, verbose: false };
  const world = createWorld(context, settings, (event) => {
    if (event.type === 'file.saved') {
      const { path, bytes, rawBytes, sha256 } = event;
      saved.push({ path, bytes, rawBytes, sha256 });
    }
    onEvent?.(event);
  });
  const [found] = resolveTargets(configuration, [target], await world.ledger.list());
  if (found === undefined) return saved;
  const [failure] = (await createRunner({ once: false })(found, world)).failures;
  if (failure !== undefined) throw failure.error;
  return saved;
}

/** What the program tells whoever started it; here `onEvent` and the result do. */
const TELLING: readonly SettingName[] = ['json', 'progress', 'quiet', 'verbose', 'color', 'ping', 'ciOutput'];

function refuseTellingFlags(flags: Readonly<Record<string, unknown>>): void {
  const odd = TELLING.find((name) => flags[name] !== undefined);
  if (odd === undefined) return;
  throw new UsageError(`the flag "${odd}" is for the command line: watch() does not do what it asks for`, {
    hint: 'onEvent gets everything that happens, and watch() resolves with the saved files',
  });
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
