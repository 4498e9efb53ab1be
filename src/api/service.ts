import type { AuthEntry } from '../profiles/schema.ts';
import { checkTransport, credentialOrigins } from '../profiles/origins.ts';
import type { Account } from '../account.ts';
import type { Context } from '../context.ts';
import { USER_AGENT } from '../version.ts';
import { parseBody, readText } from './answer.ts';
import { createAuthenticator } from './auth/schemes.ts';
import { isRefused } from './ask.ts';
import { ANSWER_TIMEOUT_MS, ApiClient, tooSlow } from './client.ts';
import { describeRequest } from './transport/http.ts';
import { readDate, readRetryAfter } from '../profiles/values.ts';
import { classifyStatus, networkError, statusError } from './failures.ts';
import { ask } from './ask.ts';
import { look, type Look } from './look.ts';
import type { Quota, Turn } from './quota.ts';
import { within } from './within.ts';

/** A provider's API with one account's credentials: what the program talks to. */
export interface Service {
  readonly client: ApiClient;
  /** Looks at an export once; see `look`. */
  readonly look: (id: string, turn: Turn) => Promise<Look>;
}

const TOKEN_IDLE_MS = 60_000;

/**
 * Opens an account's API with the scheme that `entry` names; its requests take their turns in `quota`. Throws ConfigError
 * when it would travel in the clear.
 */
export function openService(
  account: Account,
  entry: AuthEntry,
  quota: Quota,
  context: Context,
  log: (line: string) => void,
): Service {
  const origins = credentialOrigins(account);
  checkTransport(account.name, origins);
  const { transport, clock, redactor, signal } = context;

  const mask = (text: string): string => redactor.mask(text);
  const postForm = async (
    url: URL,
    form: URLSearchParams,
    aborted: AbortSignal,
  ): Promise<{ status: number; body: unknown }> => {
    const what = describeRequest('POST', url);
    return await within({ ms: ANSWER_TIMEOUT_MS, late: () => tooSlow(what) }, aborted, async (limited) => {
      try {
        const response = await transport.send({
          method: 'POST',
          url,
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            accept: 'application/json',
            'user-agent': USER_AGENT,
          },
          body: form.toString(),
          idleTimeoutMs: TOKEN_IDLE_MS,
          signal: limited,
        });
        log(`${what} -> ${response.status}`);
        const text = await readText(response, what);
        if (classifyStatus(response.status) === 'transient') {
          const serverNow = readDate(response.headers['date'] ?? '') ?? clock.now();
          const retryAfterMs = readRetryAfter(response.headers['retry-after'], serverNow);
          throw statusError(response.status, `${what}: answered ${response.status}`, { retryAfterMs });
        }
        return {
          status: response.status,
          body: response.status === 200 ? parseBody(text, response, what, mask) : undefined,
        };
      } catch (error) {
        throw networkError(error, what, limited);
      }
    });
  };
  const authenticator = createAuthenticator(account, entry, {
    postForm,
    now: () => clock.now(),
    onSecret: (secret) => redactor.add(secret),
  });
  const client = new ApiClient({
    transport,
    authenticator,
    origins,
    quota,
    now: () => clock.now(),
    log,
    mask,
    signal,
    isRefused: (answer) => isRefused(account.profile, answer),
    holdsSecret: (url) => redactor.isIn(url),
  });
  return {
    client,
    look: async (id, turn) =>
      await look(account, id, {
        send: async ({ entry, scope }, accept = []) =>
          await ask(account.profile, entry, scope, accept, client, turn),
        quote: (text) => client.quote(text),
        now: () => clock.now(),
      }),
  };
}
