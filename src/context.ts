import type { Transport } from './api/transport/http.ts';
import type { Redactor } from './secrets.ts';

/** Time, handed in so that tests can own it. */
export interface Clock {
  /** Milliseconds since the Unix epoch, by the local clock. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The home directory of who has none: one that holds no file, as Debian calls it. */
export const NO_HOME = '/nonexistent';

/** A standard stream, as far as this program uses it. */
export interface Output {
  readonly stream: NodeJS.WritableStream;
  readonly isTTY: boolean;
}

/** The world. `real-context.ts` makes the real one; nothing below it reaches for `process`, a timer or a socket. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Absolute; `NO_HOME` where there is none. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  /** Permission bits that new files must not have. */
  readonly umask: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborts on SIGINT and SIGTERM, with an `InterruptedError` as its reason. */
  readonly signal: AbortSignal;
  readonly transport: Transport;
  /** Knows every loaded secret; all output passes through it. */
  readonly redactor: Redactor;
}
