import type { BuiltinProviderName } from './scenarios/scenario.ts';

/** The credentials that the stand-ins accept. They open nothing but the sandbox. */
export const credentials = {
  // The vendor's published sample, so that the published signature can be checked against it.
  mytracker: { userId: '77658', secretKey: '72d2erEtbynf6f7ZYTsYKnb7' },
  webadmit: { apiKey: '0123456789abcdef0123456789abcdef' },
  personium: {
    token: 'AA~sandbox-personium-token',
    username: 'me',
    password: 'sandbox-personium-password',
    cookie: 'sandbox-personium-cookie',
    cookiePeer: 'sandbox-personium-cookie-peer',
  },
  rebilly: { apiKey: 'sk_sandbox_rebilly_key', jwt: 'eyJhbGciOiJub25lIn0.sandbox-rebilly-jwt.' },
} as const;

/** A provider as it is to be configured to talk to the sandbox. */
export interface SandboxAccount {
  /** The base URL and one set of credentials. */
  readonly variables: Readonly<Record<string, string>>;
  /** All credentials that its stand-in accepts, by variable. */
  readonly credentials: Readonly<Record<string, string>>;
}

export function accountsAt(apiUrl: string): Record<BuiltinProviderName, SandboxAccount> {
  const { mytracker, webadmit, personium, rebilly } = credentials;
  const tracker = { variables: { baseUrl: apiUrl, ...mytracker }, credentials: mytracker };
  return {
    'mytracker-raw': tracker,
    'mytracker-segment': tracker,
    webadmit: { variables: { baseUrl: apiUrl, ...webadmit }, credentials: webadmit },
    personium: {
      variables: { baseUrl: `${apiUrl}/cell1/`, token: personium.token },
      credentials: personium,
    },
    rebilly: {
      variables: { baseUrl: apiUrl, organization: 'acme', apiKey: rebilly.apiKey },
      credentials: rebilly,
    },
  };
}
