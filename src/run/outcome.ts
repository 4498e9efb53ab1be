import { ExitCode, type ExportpollError } from '../errors.ts';

/** Why something is missing. */
export interface Failure {
  readonly error: ExportpollError;
  /** True when the failure was told already, as that of a file. */
  readonly told: boolean;
}

/** What became of one export. */
export interface Outcome {
  /** `provider:id`. */
  readonly subject: string;
  /** Files on disk, verified. */
  readonly files: number;
  /** Their bytes. */
  readonly bytes: number;
  /** What the manifest, or the ledger, says, for an export that nobody had to be asked about. */
  readonly state?: string;
  /** Of the command of `--exec`, if it ran: 0, or how it failed. */
  readonly execExitCode?: number;
  /** In the order of events. */
  readonly failures: readonly Failure[];
}

/** These say what to do whatever else happened, the first of them first. */
const OVERRIDING: readonly ExitCode[] = [
  ExitCode.sigint,
  ExitCode.sigterm,
  ExitCode.usage,
  ExitCode.config,
  ExitCode.denied,
  ExitCode.protocol,
  ExitCode.gone,
  ExitCode.failed,
];

/**
 * The exit code of a run: 0 without failures; else the first of 130, 143, 2, 78, 77, 76, 11, 10 that occurred; else 3
 * if at least one file was delivered; else the first failure's.
 */
export function exitCodeOf(outcomes: readonly Outcome[]): ExitCode {
  const codes = outcomes.flatMap(({ failures }) => failures.map(({ error }) => error.exitCode));
  if (codes.length === 0) return ExitCode.ok;
  const overriding = OVERRIDING.find((code) => codes.includes(code));
  if (overriding !== undefined) return overriding;
  // A command that failed after its files were delivered is no missing file.
  const missing = codes.find((code) => code !== ExitCode.command);
  if (missing === undefined) return ExitCode.command;
  return outcomes.some(({ files }) => files > 0) ? ExitCode.partial : missing;
}

/** The exit code of the commands of `--exec`: that of the first one that failed, else 0; undefined when none ran. */
export function execExitCodeOf(outcomes: readonly Outcome[]): number | undefined {
  const codes = outcomes.flatMap(({ execExitCode }) => execExitCode ?? []);
  return codes.find((code) => code !== 0) ?? codes[0];
}
