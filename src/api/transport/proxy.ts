import { ConfigError } from '../../errors.ts';
import { Secret } from '../../secrets.ts';
import { bypassesProxy } from './no-proxy.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** An HTTP proxy, as a variable of the environment names it. */
export interface Proxy {
  /** `http://proxy:3128`, without credentials: may be shown. */
  readonly origin: string;
  /** The variable that names it. */
  readonly variable: string;
  readonly credentials: ProxyCredentials | undefined;
}

export interface ProxyCredentials {
  /** What nobody may see: the password, or a user name that stands alone, as tokens do. */
  readonly secret: Secret;
  /** The value of Proxy-Authorization, Basic (RFC 7617). */
  readonly authorization: Secret;
}

/**
 * The proxy that a request for `url` has to go through, if any. As in curl, a variable in lower case goes before the
 * same in upper case, an empty one is none, and each is for one scheme: HTTPS_PROXY for https, HTTP_PROXY for http.
 * HTTP_PROXY in upper case is ignored where REQUEST_METHOD is set, as in Go: in a CGI process it is a header of
 * whoever sent the request (CVE-2016-5385). Throws ConfigError that names the variable, never its value, which may
 * hold a password.
 */
export function proxyFor(url: URL, env: Env): Proxy | undefined {
  const noProxy = named(env, 'no_proxy', 'NO_PROXY')?.value ?? '';
  if (bypassesProxy(url, noProxy)) return undefined;
  const isCgi = (env['REQUEST_METHOD'] ?? '') !== '';
  const found =
    url.protocol === 'https:'
      ? named(env, 'https_proxy', 'HTTPS_PROXY')
      : named(env, 'http_proxy', ...(isCgi ? [] : ['HTTP_PROXY']));
  return found === undefined ? undefined : parseProxy(found.value, found.variable);
}

function named(env: Env, ...variables: string[]): { variable: string; value: string } | undefined {
  for (const variable of variables) {
    const value = env[variable]?.trim() ?? '';
    if (value !== '') return { variable, value };
  }
  return undefined;
}

/** `[http[s]://][user[:password]@]host[:port]`; without a scheme it is http, without a port the scheme's. */
function parseProxy(value: string, variable: string): Proxy {
  const text = value.includes('://') ? value : `http://${value}`;
  if (/^socks/i.test(text)) {
    throw new ConfigError(`${variable} names a SOCKS proxy, which exportpoll cannot use`, {
      hint: 'name an HTTP proxy, http://host:port; many SOCKS proxies offer one as well',
    });
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  // What follows a slash in a password would be taken for a path, and what precedes it for the host.
  if (url === undefined || !isWeb || `${url.pathname}${url.search}${url.hash}`.includes('@')) {
    throw new ConfigError(`${variable} is not the URL of a proxy`, {
      hint: 'http://host:port or http://user:password@host:port, with special characters as %XX',
    });
  }
  return { origin: url.origin, variable, credentials: credentialsOf(url) };
}

function credentialsOf({ username, password }: URL): ProxyCredentials | undefined {
  if (username === '' && password === '') return undefined;
  const [user, word] = [decoded(username), decoded(password)];
  const basic = Buffer.from(`${user}:${word}`).toString('base64');
  return { secret: new Secret(word === '' ? user : word), authorization: new Secret(`Basic ${basic}`) };
}

/** A `%` that begins no escape is a character of the password. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
