/**
 * What the process tells its caller. Scripts rely on these numbers; the README's table says for each
 * whether it makes sense to run again.
 */
export const ExitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  partial: 3,
  running: 8,
  empty: 9,
  failed: 10,
  gone: 11,
  integrity: 65,
  command: 70,
  cannotCreate: 73,
  io: 74,
  tryAgain: 75,
  protocol: 76,
  denied: 77,
  config: 78,
  sigint: 130,
  sigterm: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export interface ErrorDetails {
  /** One sentence on what to do about it. */
  hint?: string;
  cause?: unknown;
}

/**
 * The base of every error that a person can act on. A class per outcome; the exit code belongs to the class, so
 * that nobody has to map messages to numbers. Anything else that is thrown is a bug (exit 1).
 */
export abstract class ExportpollError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.hint = details.hint;
  }
}

/** The command line is wrong. */
export class UsageError extends ExportpollError {
  readonly exitCode = ExitCode.usage;
}

/** The provider refuses what it is asked to do: it would refuse it again. */
export class RefusedError extends ExportpollError {
  readonly exitCode = ExitCode.usage;
}

/** An export may have been started, or not, and there is no way to find out: a person has to decide. */
export class MaybeStartedError extends ExportpollError {
  readonly exitCode = ExitCode.usage;
}

/** The configuration is wrong, incomplete or not to be trusted. */
export class ConfigError extends ExportpollError {
  readonly exitCode = ExitCode.config;
}

/** The deadline passed (or we were asked to look only once) while the provider is still working. */
export class StillRunningError extends ExportpollError {
  readonly exitCode = ExitCode.running;
}

/** The export holds no data, and `--error-on-empty` asked for that to be told. */
export class EmptyExportError extends ExportpollError {
  readonly exitCode = ExitCode.empty;
}

/** The provider says that the export failed or was cancelled. */
export class ExportFailedError extends ExportpollError {
  readonly exitCode = ExitCode.failed;
}

/** The export, or a file of it, is not there (any more). */
export class GoneError extends ExportpollError {
  readonly exitCode = ExitCode.gone;
}

/** Bytes arrived, but they are provably not the file: cut, CRC, checksum, size, changed while being read. */
export class IntegrityError extends ExportpollError {
  readonly exitCode = ExitCode.integrity;
}

/** The files are complete, but the command that was to run after them failed. */
export class CommandFailedError extends ExportpollError {
  readonly exitCode = ExitCode.command;
  /** The command's own, as a shell would give it: 126 and 127 did not start, 128 and more were ended by a signal. */
  readonly commandExitCode: number;

  constructor(message: string, details: ErrorDetails & { commandExitCode: number }) {
    super(message, details);
    this.commandExitCode = details.commandExitCode;
  }
}

/** The target may not be created: it exists, its directory is not writable, it would be larger than allowed. */
export class CannotCreateError extends ExportpollError {
  readonly exitCode = ExitCode.cannotCreate;
}

/** Disk full, or another input/output error of this machine. */
export class IoError extends ExportpollError {
  readonly exitCode = ExitCode.io;
}

/**
 * Whoever read our standard output (`-o - | head`) has gone before all of a file was written. The run ends with 74, or
 * with 3 after a whole file, and shows no error: whoever read knows.
 */
export class OutputClosedError extends IoError {}

/** The answer is not what the profile describes. */
export class ProtocolError extends ExportpollError {
  readonly exitCode = ExitCode.protocol;
}

/** 401 or 403 from the API. */
export class DeniedError extends ExportpollError {
  readonly exitCode = ExitCode.denied;
}

/** A failure that may well pass: network, 5xx, 429, a lock held by another run. */
export class TryAgainError extends ExportpollError {
  readonly exitCode = ExitCode.tryAgain;
}

/** Another run has taken over what this one was working on: it ends, and leaves everything as it is. */
export class LostLockError extends TryAgainError {}

/** For what an interrupt does not end, since it takes but a moment; files that are another run's by now are left alone. */
export function throwIfLost({ reason }: AbortSignal): void {
  if (reason instanceof LostLockError) throw reason;
}

/** SIGINT or SIGTERM; the state is kept. */
export class InterruptedError extends ExportpollError {
  readonly exitCode: typeof ExitCode.sigint | typeof ExitCode.sigterm;

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`interrupted by ${signal}; run the same command again to go on`);
    this.exitCode = signal === 'SIGINT' ? ExitCode.sigint : ExitCode.sigterm;
  }
}

/** The message of anything that was thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
