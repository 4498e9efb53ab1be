import type { Urgency } from './rate-limit.ts';

/** A request as the rest of the program makes it: without credentials, which the client adds where they may go. */
export interface ClientRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * For the origin of `url` alone, and not for where it redirects: what a profile sets may hold a token of the answer.
   * They go before `headers`.
   */
  readonly ownHeaders?: Readonly<Record<string, string>> | undefined;
  readonly body?: string;
  /** Send the credentials along, to the origins that may have them. */
  readonly credentials: boolean;
  readonly idleTimeoutMs: number;
  /** Who asks with credentials waits for a turn in the account's quota. */
  readonly urgency: Urgency;
  /** The longest wait for that turn, in ms; for whoever has not the time. */
  readonly patienceMs?: number | undefined;
  readonly signal: AbortSignal;
  /** For a request that starts something: called, and waited for, right before it goes out, each time that it does. */
  readonly onSend?: (() => Promise<void>) | undefined;
  /** Called when the answer to such a request is a redirect, before that is judged or followed. */
  readonly onRedirect?: (() => void) | undefined;
  /** The body of its answer may be large. */
  readonly large?: boolean;
}
