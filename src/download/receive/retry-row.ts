import { TransientError } from '../../api/failures.ts';
import { noFailures, planRetry } from '../../api/retry.ts';
import type { ReceiveOptions } from './receiving.ts';

/**
 * The failures of a file in a row, whichever of its requests had them: what `--retries` and the patience limit. A
 * byte of any request ends the row.
 */
export class RetryRow {
  readonly #options: ReceiveOptions;
  #streak = noFailures;
  #failures = 0;
  #isGivenUp = false;
  #wait = Promise.resolve();

  constructor(options: ReceiveOptions) {
    this.#options = options;
  }

  /** How many failures were counted so far, of all rows. */
  get failures(): number {
    return this.#failures;
  }

  /** A byte came. */
  progressed(): void {
    this.#streak = noFailures;
  }

  /**
   * Counts the failure of a request, warns of it and waits until there may be another; throws `error` when there may be
   * none. `since` is what `failures` was at the request's last byte, or when it was sent: of requests that fail while
   * they have nothing, as when a network goes down, the first is counted and the others wait with it. `signal` ends the
   * wait.
   */
  async failed(error: unknown, since: number, signal: AbortSignal): Promise<void> {
    if (this.#isGivenUp || !(error instanceof TransientError)) throw error;
    if (since === this.#failures) {
      const next = planRetry(error, this.#streak, this.#options);
      this.#isGivenUp = next === undefined;
      if (next === undefined) throw error;
      this.#streak = next.streak;
      this.#failures += 1;
      this.#options.onRetry(error, next.delayMs);
      this.#wait = this.#options.clock.sleep(next.delayMs, signal);
    }
    await this.#wait;
  }
}
