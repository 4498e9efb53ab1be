import type { Account } from '../../account.ts';
import { authVariables } from '../../profiles/auth.ts';
import type { AuthEntry } from '../../profiles/schema.ts';
import { expandUrl } from '../../profiles/template.ts';
import { authHmac } from './authhmac.ts';
import { Authenticator } from './authenticator.ts';
import { OAuthToken, type Grant } from './oauth-token.ts';
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
      return simple(account, authVariables(entry), async ({ headers }, signal) => {
        // Services that take a key as the user name want the password empty.
        const password = entry.password === undefined ? '' : await value(entry.password, signal);
        const pair = `${await value(entry.username, signal)}:${password}`;
        const encoded = Buffer.from(pair, 'utf8').toString('base64');
        deps.onSecret(encoded);
        headers['authorization'] = `Basic ${encoded}`;
      });
    case 'query':
      return simple(account, [entry.value], async ({ url }, signal) => {
        url.searchParams.set(entry.parameter, await value(entry.value, signal));
      });
    case 'none':
      return simple(account, [], async () => await Promise.resolve());
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
    case 'oauth-client':
      return new OAuthToken(grantOf(account, entry, deps));
  }
}

/** A scheme that is a pure function of the account's values. */
function simple(account: Account, names: readonly string[], apply: Scheme['apply']): Scheme {
  return { apply, renew: async (signal) => await renewValues(account, names, signal) };
}

function grantOf(
  account: Account,
  entry: AuthEntry & { scheme: 'oauth-password' | 'oauth-client' },
  deps: SchemeDependencies,
): Grant {
  const url = expandUrl(entry.tokenUrl, account.variables);
  const names = authVariables(entry);
  return {
    post: async (form, signal) => await deps.postForm(url, form, signal),
    form: async (signal) => {
      const form = new URLSearchParams({ grant_type: GRANT_TYPES[entry.scheme] });
      for (const [field, name] of fieldsOf(entry)) form.set(field, await valueOf(account, name, signal));
      if (entry.scope !== undefined) form.set('scope', entry.scope);
      return form;
    },
    forget: () => names.forEach((name) => account.secrets[name]?.forget()),
    proof: entry.scheme === 'oauth-password' ? 'username and password' : 'client id and secret',
    now: deps.now,
    onSecret: deps.onSecret,
  };
}

/** RFC 6749, 4.3.2 and 4.4.2. */
const GRANT_TYPES = { 'oauth-password': 'password', 'oauth-client': 'client_credentials' } as const;

/** The fields of the grant's form, and the variables whose values they have. */
function fieldsOf(entry: AuthEntry & { scheme: 'oauth-password' | 'oauth-client' }): [string, string][] {
  if (entry.scheme === 'oauth-password') {
    return [
      ['username', entry.username],
      ['password', entry.password],
    ];
  }
  return [
    ['client_id', entry.clientId],
    ['client_secret', entry.clientSecret],
    ...Object.entries(entry.parameters),
  ];
}
