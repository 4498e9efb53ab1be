import type { Socket } from 'node:net';

import { createConnector, type ConnectTimeouts } from './connector.ts';
import { networkError } from '../failures.ts';
import { type HttpRequest, type Transport } from './http.ts';
import { proxyAuthRequired } from './proxy-errors.ts';
import { connectThrough, connectToProxy, proxyHeaders } from './proxy-tunnel.ts';
import { proxyFor, type Env, type Proxy } from './proxy.ts';
import type { Connect, Message, Sender } from './sender.ts';

/** What requests go through, and how long a connection may take to be made. */
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
 * The transport of the real world. Connections are kept between polls, and go through the proxies that the environment
 * names: https in a tunnel; http is handed to the proxy, since many refuse tunnels to port 80.
 */
export function createTransport(options: TransportOptions = {}): Transport {
  const { env = {}, onSecret, timeouts = TIMEOUTS } = options;
  const closing = new AbortController();
  const connector = createConnector(timeouts, closing.signal);
  const senders = new Map<string, Promise<Sender>>();
  const connectFor =
    ({ protocol }: URL, proxy: Proxy | undefined): Connect =>
    async (to, onread): Promise<Socket> => {
      if (proxy === undefined) return await connector.connect(to, onread);
      if (protocol === 'http:') return await connectToProxy(proxy, connector, onread);
      return await connectThrough(proxy, to, connector);
    };
  const senderFor = async (
    { url, large = false }: HttpRequest,
    proxy: Proxy | undefined,
  ): Promise<Sender> => {
    const key = `${large} ${proxy === undefined ? 'direct' : url.protocol}`;
    let sender = senders.get(key);
    if (sender === undefined) {
      if (proxy?.credentials !== undefined) onSecret?.(proxy.credentials.secret.reveal());
      sender = createSender(large, connectFor(url, proxy));
      senders.set(key, sender);
    }
    return await sender;
  };

  return {
    async send(request) {
      const { method, url, once, signal } = request;
      const proxy = proxyFor(url, env);
      const sender = await senderFor(request, proxy);
      const forwarder = url.protocol === 'http:' ? proxy : undefined;
      for (;;) {
        try {
          const answer = await sender.send(messageOf(request, forwarder));
          if (forwarder !== undefined && answer.status === 407) {
            answer.body.destroy();
            throw proxyAuthRequired(forwarder, answer.headers['proxy-authenticate']);
          }
          return answer;
        } catch (error) {
          // At once (RFC 9112, 9.3.1). It ends, since each connection that breaks is gone, and a fresh one does not count.
          if (isSafe(method) && once !== true && sender.brokeInReuse(error)) continue;
          if (proxy === undefined) throw error;
          const what = `${method} ${url.origin}${url.pathname}, through the proxy ${proxy.origin}`;
          throw networkError(error, what, signal);
        }
      }
    },
    async close() {
      await Promise.all([...senders.values()].map(async (sender) => await (await sender).close()));
      closing.abort();
    },
  };
}

/** Each is loaded when it is needed: a command that only asks has no use for the other. */
async function createSender(large: boolean, connect: Connect): Promise<Sender> {
  if (large) return (await import('./node-sender.ts')).createNodeSender(connect);
  return (await import('./undici-sender.ts')).createUndiciSender(connect);
}

/** The request as it is written; one that a proxy is to pass on names its host itself (RFC 9112, 3.2.2). */
function messageOf(request: HttpRequest, forwarder: Proxy | undefined): Message {
  const { url, headers } = request;
  const target = `${url.pathname}${url.search}`;
  if (forwarder === undefined) return { ...request, target };
  return {
    ...request,
    target: `${url.origin}${target}`,
    headers: { ...headers, ...proxyHeaders(forwarder) },
  };
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
