import { z } from 'zod';

import { DeniedError, ProtocolError } from '../../errors.ts';
import { classifyStatus, UnreadableAnswerError } from '../failures.ts';
import type { Draft, Scheme } from './scheme.ts';

/** The token endpoint's answer (RFC 6749, 5.1); times in seconds. */
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().optional(),
  expires_in: z.number().positive().optional(),
});
type TokenAnswer = z.infer<typeof tokenAnswer>;

/** A token this close to its end, in ms, is not worth a request. */
const EXPIRY_MARGIN_MS = 30_000;

export interface PasswordGrant {
  /** Posts a form to the token endpoint; resolves with status and body, whatever the status. */
  readonly post: (form: URLSearchParams, signal: AbortSignal) => Promise<{ status: number; body: unknown }>;
  readonly username: (signal: AbortSignal) => Promise<string>;
  readonly password: (signal: AbortSignal) => Promise<string>;
  /** Drops a remembered password whose source may have changed. */
  readonly forgetPassword: () => void;
  readonly scope: string | undefined;
  readonly now: () => number;
  /** Called with every token that was given, so that it is masked from then on. */
  readonly onSecret: (secret: string) => void;
}

/**
 * Gets a Bearer token for a username and password (RFC 6749, 4.3) and keeps it fresh: renewed shortly before its
 * end and after a refusal, by the refresh token where there is one, else by the password.
 */
export class OAuthPassword implements Scheme {
  readonly #grant: PasswordGrant;
  #token: (TokenAnswer & { endsAt: number }) | undefined;

  constructor(grant: PasswordGrant) {
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
      if (answer.status === 200) return this.#keep(answer.body);
    }
    if (this.#token !== undefined) this.#grant.forgetPassword();
    const form = new URLSearchParams({
      grant_type: 'password',
      username: await this.#grant.username(signal),
      password: await this.#grant.password(signal),
    });
    if (this.#grant.scope !== undefined) form.set('scope', this.#grant.scope);
    const answer = await this.#grant.post(form, signal);
    if (answer.status === 200) return this.#keep(answer.body);
    // RFC 6749, 5.2: a wrong password is a 400.
    if (answer.status !== 400 && classifyStatus(answer.status) !== 'denied') {
      throw new ProtocolError(`the token endpoint answered ${answer.status}`, { hint: 'check baseUrl' });
    }
    throw new DeniedError(`the token endpoint refused username and password (HTTP ${answer.status})`, {
      hint: 'check username and password of the provider; `exportpoll config` shows where they come from',
    });
  }

  #keep(body: unknown): void {
    if (body === undefined) throw new UnreadableAnswerError('the token endpoint answered nothing');
    const answer = tokenAnswer.safeParse(body);
    if (!answer.success) throw new ProtocolError('the token endpoint answered without an access_token');
    const { access_token, refresh_token, expires_in } = answer.data;
    for (const secret of [access_token, refresh_token])
      if (secret !== undefined) this.#grant.onSecret(secret);
    const endsAt = expires_in === undefined ? Infinity : this.#grant.now() + expires_in * 1000;
    this.#token = { ...answer.data, endsAt };
  }
}
