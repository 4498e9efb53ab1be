import { ConfigError, DeniedError } from '../../errors.ts';
import type { Draft, Scheme } from './scheme.ts';

/** Which of an account's credentials, one after the other, a request was sent with; counted from 0. */
export type Generation = number;

/**
 * An account's credential, shared by all requests that are made with it, and renewed when it dies:
 *
 * | refused was | |
 * | --- | --- |
 * | an older credential than the current one | the request is sent again with the current one |
 * | the current one, which has been accepted or was never renewed | it is renewed, once for all who wait |
 * | one that was just renewed, or of which the renewal gave the same again | final |
 *
 * So there is at most one renewal between two answers that accept the credential, however many requests are refused.
 */
export class Authenticator {
  readonly #scheme: Scheme;
  #generation: Generation = 0;
  /** The current credential was renewed, or it was tried, after a refusal; nothing has accepted it since. */
  #isSpent = false;
  #pending: Promise<boolean> | undefined;
  /** What the source of the credential has refused for good: asking again could lock the account. */
  #final: Error | undefined;

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
  }

  /** Adds the proof of who asks to the draft; resolves with what `accepted` and `renew` want to know. */
  async apply(draft: Draft, signal: AbortSignal): Promise<Generation> {
    if (this.#scheme.isStale?.() === true) await this.#replace(signal);
    // Before the value is read: to be taken for older than it is costs a request, for newer it would cost a renewal.
    const generation = this.#generation;
    await this.#scheme.apply(draft, signal);
    return generation;
  }

  /** An answer came that shows that this credential is good. */
  accepted(generation: Generation): void {
    if (generation === this.#generation) this.#isSpent = false;
  }

  /** After a refusal: true when there is now another credential than the refused one, worth a further request. */
  async renew(refused: Generation, signal: AbortSignal): Promise<boolean> {
    if (this.#pending !== undefined) return await this.#pending;
    if (refused < this.#generation) return true;
    if (this.#isSpent) return false;
    const renewed = await this.#replace(signal);
    this.#isSpent = true;
    return renewed;
  }

  async #replace(signal: AbortSignal): Promise<boolean> {
    if (this.#final !== undefined) throw this.#final;
    this.#pending ??= this.#scheme
      .renew(signal)
      .then((renewed) => {
        if (renewed) this.#generation += 1;
        return renewed;
      })
      .catch((error: unknown) => {
        if (error instanceof DeniedError || error instanceof ConfigError) this.#final = error;
        throw error;
      })
      .finally(() => {
        this.#pending = undefined;
      });
    return await this.#pending;
  }
}
