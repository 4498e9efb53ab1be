import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

import { Agent, buildConnector, type Dispatcher } from 'undici';

import { watchConnections } from './connections.ts';
import { networkError } from './failures.ts';
import { proxyAuthRequired } from './proxy-errors.ts';
import {
  connectThrough,
  connectToProxy,
  proxyHeaders,
  type Connector,
  type Endpoint,
} from './proxy-tunnel.ts';
import { proxyFor, type Env, type Proxy } from './proxy.ts';

/** One HTTP request, ready to be sent: no redirects are followed, nothing is added but what HTTP itself needs. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute; sent byte for byte as `url.href` without its fragment. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** No byte for this long, in ms, is a broken connection; for the headers and for each piece of the body. */
  readonly idleTimeoutMs: number;
  /** Never to be sent a second time, whatever its method: it starts something. */
  readonly once?: boolean;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeated headers joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes as they came, no content coding removed. Must be read to its end or destroyed. */
  readonly body: Readable;
}

/** Sends a request; rejects with the network's error. A status is never an error here, but for those of a proxy. */
export interface Transport {
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Drops every connection, also those that are still being made. */
  close(): Promise<void>;
}

export interface ConnectTimeouts {
  /** For a connection with its TLS; once more for TLS through a proxy. */
  readonly connectMs: number;
  /** For the answer to CONNECT: a proxy tries every address of a host first, each with a timeout of its own. */
  readonly tunnelMs: number;
}

export interface TransportOptions {
  /** Names the proxies; see `proxyFor`. */
  readonly env?: Env;
  /** Gets the secret of a proxy before it is used. */
  readonly onSecret?: (secret: string) => void;
  readonly timeouts?: ConnectTimeouts;
}

/** The second is that of Go. */
const TIMEOUTS: ConnectTimeouts = { connectMs: 15_000, tunnelMs: 60_000 };
/**
 * How long one address of a host may take before the next is tried, in ms. Node's 250 gives up hosts behind a slow
 * line for good, since it drops the earlier attempt; this is enough for a packet that is sent twice.
 */
const ADDRESS_TIMEOUT_MS = 2000;
/**
 * Longer than any usual wait between two polls: profiles wait up to two minutes, and longer when a server asks for
 * it. An idle connection costs nothing; a server that wants it back says so in Keep-Alive, or closes it.
 */
const KEEP_ALIVE_MS = 600_000;
/** Load balancers and NAT forget, without a word, what is silent for four minutes and more (Azure 240 s, AWS 350 s). */
const TCP_KEEP_ALIVE_MS = 60_000;
/** To one origin. More than anybody needs; below the limits of open files that systems have (1024). */
const MOST_CONNECTIONS = 256;

/**
 * The transport over undici. Connections are kept between polls, and go through the proxies that the environment
 * names: https in a tunnel; http is handed to the proxy, since many refuse tunnels to port 80.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { env = {}, onSecret, timeouts = TIMEOUTS } = options;
  const closing = new AbortController();
  const connector = createConnector(timeouts, closing.signal);
  const connections = watchConnections();
  const agentOf = (connect: (to: Endpoint) => Promise<Socket>): Agent =>
    new Agent({
      connections: MOST_CONNECTIONS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      connect: (to, callback) => {
        void tell(callback, async () => connections.add(await connect(to)));
      },
    });
  const agents = new Map<string, Agent>();
  const agentFor = (url: URL, proxy: Proxy | undefined): Agent => {
    const route = proxy === undefined ? 'direct' : url.protocol;
    let agent = agents.get(route);
    if (agent === undefined) {
      if (proxy?.credentials !== undefined) onSecret?.(proxy.credentials.secret.reveal());
      agent = agentOf(async (to) => {
        if (proxy === undefined) return await connector.connect(to);
        if (url.protocol === 'http:') return await connectToProxy(proxy, connector);
        return await connectThrough(proxy, to, connector);
      });
      agents.set(route, agent);
    }
    return agent;
  };

  return {
    async send(request) {
      const { method, url, once, signal } = request;
      const proxy = proxyFor(url, env);
      const agent = agentFor(url, proxy);
      const forwarder = url.protocol === 'http:' ? proxy : undefined;
      for (;;) {
        try {
          const answer = await agent.request(messageOf(request, forwarder));
          if (forwarder !== undefined && answer.statusCode === 407) throw authRequired(answer, forwarder);
          return { status: answer.statusCode, headers: joined(answer.headers), body: answer.body };
        } catch (error) {
          // At once (RFC 9112, 9.3.1). It ends, since each connection that breaks is gone, and a fresh one does not count.
          if (isSafe(method) && once !== true && connections.brokeInReuse(error)) continue;
          if (proxy === undefined) throw error;
          const what = `${method} ${url.origin}${url.pathname}, through the proxy ${proxy.origin}`;
          throw networkError(error, what, signal);
        }
      }
    },
    async close() {
      await Promise.all([...agents.values()].map(async (agent) => await agent.destroy()));
      closing.abort();
      connections.close();
    },
  };
}

/** undici's connector. It leaves a connection that is being made to itself, and the process would wait for it. */
function createConnector({ connectMs, tunnelMs }: ConnectTimeouts, signal: AbortSignal): Connector {
  setMaxListeners(0, signal);
  const connect = buildConnector({
    timeout: connectMs,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    signal,
  });
  return {
    signal,
    tunnelMs,
    connect: async (to) =>
      await new Promise((resolve, reject) => {
        connect(to, (error, socket) => (error === null ? resolve(socket) : reject(error)));
      }),
  };
}

async function tell(callback: buildConnector.Callback, connect: () => Promise<Socket>): Promise<void> {
  let socket: Socket;
  try {
    socket = await connect();
  } catch (error) {
    callback(error as Error, null);
    return;
  }
  callback(null, socket);
}

/** The request as undici takes it; one that a proxy is to pass on names its host itself (RFC 9112, 3.2.2). */
function messageOf(request: HttpRequest, forwarder: Proxy | undefined): Dispatcher.RequestOptions {
  const { method, url, headers, body, idleTimeoutMs, signal } = request;
  const path = `${url.pathname}${url.search}`;
  return {
    origin: url.origin,
    path: forwarder === undefined ? path : `${url.origin}${path}`,
    method,
    headers: forwarder === undefined ? headers : { ...headers, ...proxyHeaders(forwarder) },
    body: body ?? null,
    signal,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
  };
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function authRequired({ headers, body }: Dispatcher.ResponseData, proxy: Proxy): Error {
  body.on('error', () => undefined).destroy();
  return proxyAuthRequired(proxy, joined(headers)['proxy-authenticate']);
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
