import { request } from 'node:http';
import type { OnReadOpts, Socket } from 'node:net';

import { networkError, TransientError } from '../failures.ts';
import { connectRefused, proxyAuthRequired, proxyUnreachable } from './proxy-errors.ts';
import type { Proxy } from './proxy.ts';
import { USER_AGENT } from '../../version.ts';

/** Where a connection leads, as undici says it. */
export interface Endpoint {
  /** With the port if it is not the protocol's, and with brackets. */
  readonly host?: string;
  /** Without brackets. */
  readonly hostname: string;
  readonly protocol: string;
  /** Empty for the protocol's. */
  readonly port: string;
  /** What TLS is spoken over, instead of a connection of its own. */
  readonly httpSocket?: Socket;
}

/** Connects, with TLS for https; `signal` ends every socket that it made. */
export interface Connector {
  /** What comes without TLS is read by `onread`, if it is given. */
  readonly connect: (to: Endpoint, onread?: OnReadOpts) => Promise<Socket>;
  readonly signal: AbortSignal;
  /** How long a proxy may take to answer CONNECT. */
  readonly tunnelMs: number;
}

/** A connection to the proxy itself, for requests that it is to pass on. */
export async function connectToProxy(
  proxy: Proxy,
  { connect, signal }: Connector,
  onread?: OnReadOpts,
): Promise<Socket> {
  const { host, hostname, protocol, port } = new URL(proxy.origin);
  try {
    return await connect({ host, hostname: hostname.replace(/^\[(.*)\]$/, '$1'), protocol, port }, onread);
  } catch (error) {
    throw proxyUnreachable(error, proxy, signal);
  }
}

/**
 * A connection to an https host in a tunnel through the proxy.
 *
 * undici's ProxyAgent is not used: a proxy that closes the connection has it connect again without pause and without
 * end, it does not tell what the proxy answered, and its timeouts are not ours to set.
 */
export async function connectThrough(proxy: Proxy, to: Endpoint, connector: Connector): Promise<Socket> {
  const { connect, signal } = connector;
  const target = `${to.host ?? to.hostname}${to.port === '' ? ':443' : ''}`;
  const httpSocket = await openTunnel(await connectToProxy(proxy, connector), target, proxy, connector);
  try {
    return await connect({ ...to, httpSocket });
  } catch (error) {
    httpSocket.destroy();
    throw networkError(error, `the connection to ${target} through the proxy ${proxy.origin}`, signal);
  }
}

/**
 * Asks the proxy at the other end of `socket` to connect to `target` (`api.example:443`); resolves with the socket as
 * soon as that is where it leads (RFC 9110, 9.3.6). The credentials go to the proxy, and not through it.
 */
async function openTunnel(
  socket: Socket,
  target: string,
  proxy: Proxy,
  { signal, tunnelMs }: Connector,
): Promise<Socket> {
  const deadline = AbortSignal.timeout(tunnelMs);
  const asking = request({
    method: 'CONNECT',
    path: target,
    headers: { host: target, 'user-agent': USER_AGENT, ...proxyHeaders(proxy) },
    createConnection: () => socket,
    signal: deadline,
  });
  return await new Promise((resolve, reject) => {
    asking.once('connect', ({ statusCode: status = 0, headers }, tunnel: Socket, head: Buffer) => {
      if (status >= 200 && status < 300) {
        if (head.length > 0) tunnel.unshift(head);
        resolve(tunnel);
        return;
      }
      tunnel.destroy();
      reject(
        status === 407
          ? proxyAuthRequired(proxy, headers['proxy-authenticate'])
          : connectRefused(status, target, proxy),
      );
    });
    asking.once('error', (error) => {
      reject(
        deadline.aborted
          ? new TransientError(`the proxy ${proxy.origin} did not connect to ${target} in time`)
          : proxyUnreachable(error, proxy, signal),
      );
    });
    asking.end();
  });
}

/** What a request carries for the proxy that reads it, be it CONNECT or one to pass on. */
export function proxyHeaders({ credentials }: Proxy): Record<string, string> {
  const authorization = credentials?.authorization.reveal();
  return {
    'proxy-connection': 'keep-alive',
    ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
  };
}
