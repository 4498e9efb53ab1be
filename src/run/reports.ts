import type { Context } from '../context.ts';
import { ExitCode, ExportpollError } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Settings } from '../settings.ts';
import { CiOutputFile } from './ci-output.ts';
import type { Outcome } from './outcome.ts';
import { startPinging } from './ping.ts';

/** What a run tells others than the one who started it: a check (`--ping`) and a CI system (`--ci-output`). */
export interface Reports {
  /** Throws UsageError for a CI system that is not there. */
  check(): void;
  see(event: Event): void;
  end(outcomes: readonly Outcome[], exitCode: ExitCode): Promise<Reported>;
}

/** What became of the last reports. */
export interface Reported {
  /** The run's, unless it went well and its results could not be handed on. */
  readonly exitCode: ExitCode;
  readonly warnings: readonly string[];
  readonly error?: ExportpollError;
}

/** Begins to report on a run, to whom its settings name. */
export function startReports(
  context: Context,
  { ping, ciOutput }: Pick<Settings, 'ping' | 'ciOutput'>,
): Reports {
  const pinging = ping && startPinging(ping, context);
  const ci = ciOutput && new CiOutputFile(ciOutput, context);
  return {
    check: () => ci?.check(),
    see: (event) => ci?.see(event),
    async end(outcomes, exitCode) {
      const written = await attempt(async () => (await ci?.write(outcomes, exitCode)) ?? []);
      const final =
        exitCode === ExitCode.ok && written.error !== undefined ? written.error.exitCode : exitCode;
      const unheard = (await pinging?.end(final)) ?? [];
      return { ...written, exitCode: final, warnings: [...written.warnings, ...unheard] };
    },
  };
}

async function attempt(work: () => Promise<string[]>): Promise<Omit<Reported, 'exitCode'>> {
  try {
    return { warnings: await work() };
  } catch (error) {
    if (error instanceof ExportpollError) return { warnings: [], error };
    throw error;
  }
}
