import type { z } from 'zod';

import { DeniedError, ProtocolError } from '../../errors.ts';
import { classifyStatus, UnreadableAnswerError } from '../failures.ts';
import type { Draft, Scheme } from './scheme.ts';
import type { tokenAnswer } from './token-answer.ts';

type TokenAnswer = z.infer<typeof tokenAnswer>;

/** A token this close to its end, in ms, is not worth a request. */
const EXPIRY_MARGIN_MS = 30_000;

/** How a token is asked for (RFC 6749, 4): the grant that the client has. */
export interface Grant {
  /** Posts a form to the token endpoint; resolves with status and body, whatever the status. */
  readonly post: (form: URLSearchParams, signal: AbortSignal) => Promise<{ status: number; body: unknown }>;
  /** What is posted to get a first token, and whenever there is no refresh token, or it is refused. */
  readonly form: (signal: AbortSignal) => Promise<URLSearchParams>;
  /** Drops remembered secrets whose sources may have changed. */
  readonly forget: () => void;
  /** What the form proves who asks with, in words. */
  readonly proof: string;
  readonly now: () => number;
  /** Called with every token that was given, so that it is masked from then on. */
  readonly onSecret: (secret: string) => void;
}

/**
 * Gets a Bearer token by a grant (RFC 6749) and keeps it fresh: renewed shortly before its end and after a refusal, by
 * the refresh token where there is one, else by the grant again.
 */
export class OAuthToken implements Scheme {
  readonly #grant: Grant;
  #token: (TokenAnswer & { endsAt: number }) | undefined;

  constructor(grant: Grant) {
    this.#grant = grant;
  }

  isStale(): boolean {
    return this.#token === undefined || this.#grant.now() > this.#token.endsAt - EXPIRY_MARGIN_MS;
  }

  apply(draft: Draft): Promise<void> {
    draft.headers['authorization'] = `Bearer ${this.#token?.access_token ?? ''}`;
    return Promise.resolve();
  }

  async renew(signal: AbortSignal): Promise<boolean> {
    await this.#obtain(signal);
    return true;
  }

  async #obtain(signal: AbortSignal): Promise<void> {
    const refreshToken = this.#token?.refresh_token;
    if (refreshToken !== undefined) {
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
      const answer = await this.#grant.post(form, signal);
      if (answer.status === 200) return await this.#keep(answer.body);
    }
    if (this.#token !== undefined) this.#grant.forget();
    const answer = await this.#grant.post(await this.#grant.form(signal), signal);
    if (answer.status === 200) return await this.#keep(answer.body);
    // RFC 6749, 5.2: a wrong password is a 400.
    if (answer.status !== 400 && classifyStatus(answer.status) !== 'denied') {
      throw new ProtocolError(`the token endpoint answered ${answer.status}`, { hint: 'check baseUrl' });
    }
    const { proof } = this.#grant;
    throw new DeniedError(`the token endpoint refused ${proof} (HTTP ${answer.status})`, {
      hint: `check ${proof} of the provider; \`exportpoll config\` shows where they come from`,
    });
  }

  async #keep(body: unknown): Promise<void> {
    if (body === undefined) throw new UnreadableAnswerError('the token endpoint answered nothing');
    const { tokenAnswer } = await import('./token-answer.ts');
    const answer = tokenAnswer.safeParse(body);
    if (!answer.success) throw new ProtocolError('the token endpoint answered without an access_token');
    const { access_token, refresh_token, expires_in } = answer.data;
    for (const secret of [access_token, refresh_token])
      if (secret !== undefined) this.#grant.onSecret(secret);
    const endsAt = expires_in === undefined ? Infinity : this.#grant.now() + expires_in * 1000;
    this.#token = { ...answer.data, endsAt };
  }
}
