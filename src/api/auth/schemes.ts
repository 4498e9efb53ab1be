import type { Account } from '../../account.ts';
import type { AuthEntry } from '../../profiles/schema.ts';
import { expandUrl } from '../../profiles/template.ts';
import { authHmac } from './authhmac.ts';
import { Authenticator } from './authenticator.ts';
import { OAuthPassword, type PasswordGrant } from './oauth-password.ts';
import { renewValues, valueOf, type Scheme } from './scheme.ts';

export interface SchemeDependencies {
  readonly postForm: (
    url: URL,
    form: URLSearchParams,
    signal: AbortSignal,
  ) => Promise<{ status: number; body: unknown }>;
  readonly now: () => number;
  readonly onSecret: (secret: string) => void;
}

/** The account's credential, in the scheme that a profile's entry names. */
export function createAuthenticator(
  account: Account,
  entry: AuthEntry,
  deps: SchemeDependencies,
): Authenticator {
  return new Authenticator(schemeOf(account, entry, deps));
}

function schemeOf(account: Account, entry: AuthEntry, deps: SchemeDependencies): Scheme {
  const value = async (name: string, signal: AbortSignal): Promise<string> =>
    await valueOf(account, name, signal);
  switch (entry.scheme) {
    case 'header':
      return simple(account, [entry.value], async ({ headers }, signal) => {
        headers[entry.header.toLowerCase()] = await value(entry.value, signal);
      });
    case 'bearer':
      return simple(account, [entry.token], async ({ headers }, signal) => {
        headers['authorization'] = `Bearer ${await value(entry.token, signal)}`;
      });
    case 'basic':
      return simple(account, [entry.username, entry.password], async ({ headers }, signal) => {
        const pair = `${await value(entry.username, signal)}:${await value(entry.password, signal)}`;
        const encoded = Buffer.from(pair, 'utf8').toString('base64');
        deps.onSecret(encoded);
        headers['authorization'] = `Basic ${encoded}`;
      });
    case 'cookie':
      return simple(
        account,
        [entry.value, ...Object.values(entry.query)],
        async ({ url, headers }, signal) => {
          headers['cookie'] = `${entry.cookie}=${await value(entry.value, signal)}`;
          for (const [key, name] of Object.entries(entry.query)) {
            url.searchParams.set(key, await value(name, signal));
          }
        },
      );
    case 'authhmac':
      return simple(
        account,
        [entry.user, entry.secret],
        async ({ method, url, headers, body = '' }, signal) => {
          const [user, secret] = [await value(entry.user, signal), await value(entry.secret, signal)];
          // As it goes over the wire: `href` may also have a fragment, or a "?" with nothing behind it.
          const sent = `${url.origin}${url.pathname}${url.search}`;
          const signature = authHmac({ method, url: sent, body }, secret);
          deps.onSecret(signature);
          headers['authorization'] = `AuthHMAC ${user}:${signature}`;
        },
      );
    case 'oauth-password':
      return new OAuthPassword(passwordGrant(account, entry, deps));
  }
}

/** A scheme that is a pure function of the account's values. */
function simple(account: Account, names: readonly string[], apply: Scheme['apply']): Scheme {
  return { apply, renew: async (signal) => await renewValues(account, names, signal) };
}

function passwordGrant(
  account: Account,
  entry: AuthEntry & { scheme: 'oauth-password' },
  deps: SchemeDependencies,
): PasswordGrant {
  const url = expandUrl(entry.tokenUrl, account.variables);
  return {
    post: async (form, signal) => await deps.postForm(url, form, signal),
    username: async (signal) => await valueOf(account, entry.username, signal),
    password: async (signal) => await valueOf(account, entry.password, signal),
    forgetPassword: () => void account.secrets[entry.password]?.forget(),
    scope: entry.scope,
    now: deps.now,
    onSecret: deps.onSecret,
  };
}
