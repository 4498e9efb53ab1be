import { loadConfiguration, requireSound } from './config/configuration.ts';
import { resolveTargets } from './config/targets.ts';
import { requireKnownFlags } from './config/unknown-names.ts';
import { realContext } from './real-context.ts';
import { createRunner } from './run/run-exports.ts';
import { createWorld } from './run/world.ts';
import type { Event } from './events.ts';

/** How to watch an export from a program. */
export interface WatchOptions {
  /** The flags of `exportpoll watch` as text, by their names in camel case: `{ output: 'data', interval: '10s' }`. */
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
  requireKnownFlags(options.flags ?? {});
  const context = realContext(options.signal ?? new AbortController().signal);
  try {
    const configuration = await loadConfiguration(context, {
      flags: options.flags ?? {},
      configFile: options.configFile,
    });
    requireSound(configuration);
    const saved: SavedFile[] = [];
    const world = createWorld(context, configuration.settings, (event) => {
      if (event.type === 'file.saved') {
        const { path, bytes, rawBytes, sha256 } = event;
        saved.push({ path, bytes, rawBytes, sha256 });
      }
      options.onEvent?.(event);
    });
    const [found] = resolveTargets(configuration, [target], await world.ledger.list());
    if (found === undefined) return saved;
    const [failure] = (await createRunner({ once: false })(found, world)).failures;
    if (failure !== undefined) throw failure.error;
    return saved;
  } finally {
    await context.transport.close();
  }
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
