import type { ExitCode } from './errors.ts';

/** What an export can be in, as `export.status` tells it. `unknown` is a word no profile maps. */
export type State =
  | 'queued'
  | 'running'
  | 'ready'
  | 'ready-with-errors'
  | 'empty'
  | 'failed'
  | 'cancelled'
  | 'gone'
  | 'unknown';

/**
 * Everything the program tells while it works, as data. The terminal, the plain lines and NDJSON (`--json`) are
 * three renderings of this union. Fields are only ever added. Sizes are in bytes, durations in milliseconds,
 * `expiresAt` is an ISO 8601 instant.
 */
export type Event =
  | (OfExport & {
      type: 'export.started';
      /** When this machine started it, as an ISO 8601 instant; absent for one that was started elsewhere. */
      since?: string;
      /** It was started before this run. Only beside `since`. */
      already?: true;
    })
  | (OfExport & {
      type: 'export.status';
      state: State;
      /** The provider's own word, as it came. */
      providerStatus: string;
      /** 0 to 100; never decreases within a run. */
      percent?: number;
      /** When the next poll is due; absent when there will be none. */
      nextPollMs?: number;
      /** The provider's own explanation, where it gives one. */
      message?: string;
    })
  | (OfExport & { type: 'link.issued'; files: number; expiresAt?: string })
  | (OfFile & { type: 'link.renewed'; reason: string })
  | (OfFile & { type: 'file.started'; bytes?: number; resumedFrom: number })
  | (OfFile & { type: 'file.progress'; bytes: number; total?: number })
  | (OfFile & {
      type: 'file.saved';
      path: string;
      bytes: number;
      rawBytes: number;
      sha256: string;
      /** Present when it was here before this run. */
      already?: true;
    })
  | (OfFile & { type: 'file.failed'; code: ExitCode; message: string })
  | { type: 'warning'; provider?: string; id?: string; message: string }
  | {
      type: 'summary';
      files: number;
      /** How many of them an earlier run had saved; absent for none. */
      already?: number;
      /** Bytes on disk of the delivered files. */
      bytes: number;
      exitCode: ExitCode;
      /** Of the command of `--exec`, that of the first one that failed; absent when none ran. */
      execExitCode?: number;
      polls: number;
      renewals: number;
      elapsedMs: number;
    };

interface OfExport {
  provider: string;
  id: string;
}

interface OfFile extends OfExport {
  /** The name under which the file lands. */
  file: string;
}

/** One of three renderings of the events. A reporter never throws and never keeps the process alive. */
export interface Reporter {
  report(event: Event): void;
  /** Leaves the terminal as it was found; called once, after the summary. */
  close(): void;
}
