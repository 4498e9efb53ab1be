import { networkError, TransientError } from '../api/failures.ts';
import { retrying } from '../api/retry.ts';
import { within } from '../api/within.ts';
import type { Context } from '../context.ts';
import { ExportpollError, messageOf, TryAgainError, type ExitCode } from '../errors.ts';
import { USER_AGENT } from '../version.ts';

/** How long a check may keep a run waiting, in ms: it answers within milliseconds, or is not worth the wait. */
interface Limits {
  readonly attempt: number;
  /** For the last word, with its retries. */
  readonly lastWord: number;
  /** Who interrupts a run (a system that shuts down, for one) does not wait long. */
  readonly interrupted: number;
}

const LIMITS: Limits = { attempt: 3000, lastWord: 6000, interrupted: 2000 };
/** Longer than an attempt, which ends first. */
const IDLE_MS = 10_000;
/** The last word is worth more than the first: without it, somebody is woken up. */
const RETRIES = { first: 0, last: 2 };

/** A check that hears of a run. */
export interface Pinging {
  /** Tells how the run ended. Resolves, after some seconds at the latest, with what went wrong with it, in words. */
  end(exitCode: ExitCode): Promise<string[]>;
}

/**
 * Tells a check (https://healthchecks.io/docs/http_api, and what speaks like it) that a run starts: `URL/start`, while
 * the run goes on; and later how it ended: `URL` for exit code 0, else `URL/<exit code>`. Nothing else is told: no
 * body, no names.
 */
export function startPinging(url: URL, context: Context, limits = LIMITS): Pinging {
  const ping = async (address: URL, signal: AbortSignal, retries: number): Promise<void> => {
    const { clock, random } = context;
    const limit = { ms: limits.attempt, late: () => tooLate(url) };
    const attempt = async (): Promise<void> =>
      await within(limit, signal, async (limited) => await send(address, context, limited));
    await retrying(attempt, { clock, random, signal, retries, onRetry: () => undefined });
  };
  const started = settled(ping(withSuffix(url, 'start'), context.signal, RETRIES.first));
  return {
    async end(exitCode) {
      // Not the run's own signal: that it was interrupted is what is to be told.
      const ms = context.signal.aborted ? limits.interrupted : limits.lastWord;
      // In their order, or the check would take the run for one that goes on.
      const first = await started;
      const address = exitCode === 0 ? url : withSuffix(url, String(exitCode));
      const limit = { ms, late: () => tooLate(url) };
      const lastWord = within(limit, new AbortController().signal, async (signal) => {
        await ping(address, signal, RETRIES.last);
      });
      return [...first, ...(await settled(lastWord))];
    },
  };
}

function withSuffix(url: URL, suffix: string): URL {
  const longer = new URL(url);
  longer.pathname = `${url.pathname.replace(/\/$/, '')}/${suffix}`;
  return longer;
}

async function send(url: URL, { transport }: Pick<Context, 'transport'>, signal: AbortSignal): Promise<void> {
  const headers = { 'user-agent': USER_AGENT };
  const request = { method: 'GET', url, headers, idleTimeoutMs: IDLE_MS, signal };
  let status: number;
  try {
    const response = await transport.send(request);
    response.body.destroy();
    status = response.status;
  } catch (error) {
    throw networkError(error, nameOf(url), signal);
  }
  if (status >= 200 && status < 300) return;
  const what = `${nameOf(url)}: the answer is ${status}`;
  throw status === 429 || status >= 500 ? new TransientError(what) : new TryAgainError(what);
}

function tooLate(url: URL): TransientError {
  return new TransientError(`${nameOf(url)}: no answer came in time`);
}

/** Everything behind the host is the secret. */
function nameOf({ origin }: URL): string {
  return `the ping of ${origin}`;
}

/** A ping that fails is told, and changes nothing else. */
async function settled(pinging: Promise<void>): Promise<string[]> {
  try {
    await pinging;
    return [];
  } catch (error) {
    // An interruption is none of its failures.
    return error instanceof ExportpollError && error.exitCode >= 128 ? [] : [messageOf(error)];
  }
}
