import type { Body } from './body.ts';

/** One HTTP request, ready to be sent: no redirects are followed, nothing is added but what HTTP itself needs. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute; sent byte for byte as `url.href` without its fragment. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /**
   * A connection is broken where it takes longer than this, in ms, to the end of the headers, or to the next byte of the
   * body. Where the body is not `large`, bytes of anything else count as well: whoever asks for an answer limits the whole.
   */
  readonly idleTimeoutMs: number;
  /** Never to be sent a second time, whatever its method: it starts something. */
  readonly once?: boolean;
  /** The body of its answer may be large: it is fetched over node:http, and not over undici. */
  readonly large?: boolean;
  readonly signal: AbortSignal;
}

/** The beginning of an answer, and its body, which is still to come. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came, no content coding removed. Must be read to its end or destroyed. */
  readonly body: Body;
}

/** Sends a request; rejects with the network's error. A status is never an error here, but for those of a proxy. */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Drops every connection, also those that are still being made. */
  close(): Promise<void>;
}

/** `GET https://host/path`, without the query: that may be a signature. */
export function describeRequest(method: string, url: URL): string {
  return `${method} ${url.origin}${url.pathname}`;
}
