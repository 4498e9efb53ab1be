import type { Readable } from 'node:stream';

import { Agent, request as send } from 'undici';

/** One HTTP request, ready to be sent: no redirects are followed, nothing is added but what HTTP itself needs. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute; sent byte for byte as `url.href` without its fragment. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** No byte for this long, in ms, is a broken connection; for the headers and for each piece of the body. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came, no content coding removed. Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** Sends a request; rejects with the network's error. A status is never an error here. */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Drops every connection. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** Polls are seconds to minutes apart; a connection is kept over the shorter of these waits. */
const KEEP_ALIVE_MS = 65_000;

/** The transport over undici, with connections that are kept between polls. */
export function createTransport(): Transport {
  const agent = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
  });
  return {
    async send({ method, url, headers, body, idleTimeoutMs, signal }) {
      const response = await send(url, {
        dispatcher: agent,
        method,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      });
      return { status: response.statusCode, headers: joined(response.headers), body: response.body };
    },
    close: async () => await agent.destroy(),
  };
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
