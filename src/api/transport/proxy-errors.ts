import { ConfigError, DeniedError, type ExportpollError } from '../../errors.ts';
import { classifyStatus, networkError, TransientError } from '../failures.ts';
import type { Proxy } from './proxy.ts';

/**
 * The error of a CONNECT that the proxy answered with anything but a 2xx or 407. The statuses of the API mean something
 * else here: a 404 is no file that has gone.
 *
 * | status | error |
 * | --- | --- |
 * | 401, 403 | denied: the proxy may not connect there |
 * | 408, 425, 429, 5xx except 501 and 505 | transient |
 * | everything else | configuration: hardly a proxy |
 */
export function connectRefused(status: number, target: string, proxy: Proxy): ExportpollError {
  const message = `the proxy ${proxy.origin} did not connect to ${target}: it answered ${status}`;
  switch (classifyStatus(status)) {
    case 'denied':
      return new DeniedError(message, {
        hint: `it has to allow this host; if the host can be reached without it, NO_PROXY should name it`,
      });
    case 'transient':
      return new TransientError(message, { unsent: true });
    case 'gone':
    case 'unexpected':
      return new ConfigError(message, { hint: checkVariable(proxy) });
  }
}

/** The error of a 407, to CONNECT or to a request that was to be passed on; `challenge` is its Proxy-Authenticate. */
export function proxyAuthRequired(proxy: Proxy, challenge = ''): DeniedError {
  const { origin, variable, credentials } = proxy;
  const others = challenge.match(/\b(negotiate|ntlm|kerberos|digest|bearer)\b/gi) ?? [];
  if (others.length > 0 && !/\bbasic\b/i.test(challenge)) {
    return new DeniedError(
      `the proxy ${origin} wants credentials of another kind (407): ${others.join(', ')}`,
      {
        hint: 'exportpoll can do Basic only; a local proxy that does the rest, such as px or cntlm, may help',
      },
    );
  }
  return credentials === undefined
    ? new DeniedError(`the proxy ${origin} wants a user and a password (407)`, {
        hint: `put them into ${variable}: http://user:password@host:port`,
      })
    : new DeniedError(`the proxy ${origin} does not accept the user and password in ${variable} (407)`, {
        hint: `correct them in ${variable}`,
      });
}

/** The error of a connection to the proxy itself that failed, or broke before it had answered. */
export function proxyUnreachable(error: unknown, proxy: Proxy, signal: AbortSignal): Error {
  const what = `the proxy ${proxy.origin}`;
  const code = error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
  if (/^(ERR_SSL_|EPROTO$|HPE_)/.test(code)) {
    return new ConfigError(`${what} does not speak as it should (${code})`, {
      hint: `${checkVariable(proxy)}; most proxies are http:// also for https:// targets`,
      cause: error,
    });
  }
  return networkError(error, what, signal);
}

function checkVariable({ variable }: Proxy): string {
  return `check ${variable}, and whether a proxy listens there`;
}
