import { ProtocolError } from '../errors.ts';
import type { ClientRequest } from './client-request.ts';
import { describeRequest } from './transport/http.ts';

export const MOST_REDIRECTS = 5;

export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/**
 * What a redirect makes of a request (RFC 9110, 15.4): 303 turns it into a GET, and so do 301 and 302 with a POST, by
 * custom; everything else is kept, but for `ownHeaders` on the way to another origin, and back.
 */
export function redirected(request: ClientRequest, status: number, url: URL): ClientRequest {
  const { body, ownHeaders, method, ...kept } = request;
  const next = { ...kept, url, ownHeaders: url.origin === request.url.origin ? ownHeaders : undefined };
  if (method !== 'HEAD' && (status === 303 || (status < 303 && method === 'POST'))) {
    return { ...next, method: 'GET' };
  }
  return { ...next, method, ...(body === undefined ? {} : { body }) };
}

export function redirectTarget(location: string, from: URL): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ProtocolError(`${describeRequest('GET', from)}: the redirect leads nowhere`);
  }
  if (from.protocol === 'https:' && url.protocol === 'http:') {
    throw new ProtocolError(`${describeRequest('GET', from)}: refusing a redirect from https to http`);
  }
  return url;
}
