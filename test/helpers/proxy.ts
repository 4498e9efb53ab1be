import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';

import { onTestFinished } from 'vitest';

/** A request as the proxy got it; `target` is a host and port of CONNECT, or a whole URL. */
export interface Proxied {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
}

export interface TestProxy {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly seen: readonly Proxied[];
}

/** What the proxy does instead of its work; `hang` is nothing. */
export type ProxyFault =
  { readonly status: number; readonly headers?: Record<string, string> } | 'cut' | 'hang';

export interface ProxyOptions {
  /** The ports on 127.0.0.1 behind `host:port`; no other host is known to it, and none is looked up. */
  readonly hosts: Readonly<Record<string, number>>;
  /** Speaks TLS to its clients. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /** Asked before each request that it gets, by number from 0. */
  readonly fault?: (count: number, proxied: Proxied) => ProxyFault | undefined;
}

/** An HTTP proxy on loopback for one test. It wants nothing and adds nothing; what it was asked is in `seen`. */
export async function startProxy({ hosts, tls, fault }: ProxyOptions): Promise<TestProxy> {
  const seen: Proxied[] = [];
  const sockets = new Set<Socket>();
  const judge = ({ method = '', url = '', headers }: IncomingMessage): ProxyFault | undefined => {
    const proxied = { method, target: url, headers };
    seen.push(proxied);
    return fault?.(seen.length - 1, proxied);
  };

  const pass = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const wrong = judge(incoming);
    if (wrong === 'hang') return;
    if (wrong === 'cut') {
      incoming.socket.destroy();
      return;
    }
    const url = new URL(incoming.url ?? '', 'http://not-absolute.invalid');
    const port = hosts[`${url.hostname}:${url.port === '' ? 80 : url.port}`];
    if (wrong !== undefined || port === undefined) {
      outgoing.writeHead(wrong?.status ?? 502, wrong?.headers).end();
      return;
    }
    const { 'proxy-authorization': _, 'proxy-connection': _2, ...headers } = incoming.headers;
    const { method } = incoming;
    const onward = request({
      host: '127.0.0.1',
      port,
      method,
      path: `${url.pathname}${url.search}`,
      headers,
    });
    onward.on('error', () => outgoing.destroy());
    onward.on('response', (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  };

  const server = tls === undefined ? createServer(pass) : createTlsServer(tls, pass);
  server.on('connection', (socket: Socket) => track(socket, sockets));
  server.on('connect', (incoming, socket: Socket) => {
    socket.on('error', () => undefined);
    const wrong = judge(incoming);
    if (wrong === 'hang') return;
    if (wrong === 'cut') {
      socket.destroy();
      return;
    }
    const port = hosts[incoming.url ?? ''];
    if (wrong !== undefined || port === undefined) {
      const headers = Object.entries(wrong?.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${wrong?.status ?? 502} No\r\n${headers.join('')}content-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(port, '127.0.0.1');
    track(onward, sockets);
    onward.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
}
