import { createHash, randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { HttpRequest, Transport } from '../../../src/api/transport/http.ts';
import { createTransport } from '../../../src/api/transport/transport.ts';
import { TransientError } from '../../../src/api/failures.ts';
import { realTransport } from '../../helpers/api.ts';
import { startProxy, type ProxyOptions, type TestProxy } from '../../helpers/proxy.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** The answer's body, as soon as the connection it came over is idle. */
async function textOf(transport: Transport, request: HttpRequest): Promise<string> {
  const body = await text((await transport.send(request)).body);
  await new Promise((resolve) => setTimeout(resolve, 5));
  return body;
}

interface Listening {
  readonly port: number;
  readonly origin: string;
  /** Connections so far. */
  readonly sockets: readonly Socket[];
}

async function listen(server: Server | HttpServer, host = '127.0.0.1', port = 0): Promise<Listening> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
  });
  server.listen(port, host);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port: bound } = server.address() as AddressInfo;
  return { port: bound, origin: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`, sockets };
}

/** A server that answers each request of a connection with what `answer` writes to its socket. */
async function scripted(
  answer: (count: number, socket: Socket) => void,
): Promise<Listening & { requests: string[] }> {
  const requests: string[] = [];
  const listening = await listen(
    createServer((socket) => {
      let count = 0;
      socket.on('data', (data) => {
        requests.push(data.toString());
        answer((count += 1), socket);
      });
    }),
  );
  return { ...listening, requests };
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

function ok(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
}

/** The other side was to blame. */
const cutError = { code: expect.stringMatching(/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/) as string };

// What has a large body takes another way, which has to behave as the usual one does.
describe.each([{ large: false }, { large: true }])('with { large: $large }', ({ large }) => {
  const get = (url: string, change: Partial<HttpRequest> = {}): HttpRequest => {
    const { signal } = new AbortController();
    return { method: 'GET', url: new URL(url), headers: {}, idleTimeoutMs: 10_000, large, signal, ...change };
  };

  describe('a connection', () => {
    it('serves request after request', async () => {
      const server = await scripted((_, socket) => ok(socket));
      const transport = realTransport();
      for (let count = 0; count < 5; count += 1) {
        expect(await textOf(transport, get(`${server.origin}/${count}`))).toBe('ok');
      }
      expect(server.sockets).toHaveLength(1);
    });

    it('that the server closed while it was idle is replaced', async () => {
      const server = await scripted((_, socket) => ok(socket));
      const transport = realTransport();
      await textOf(transport, get(server.origin));
      const ended = once(server.sockets[0]!, 'close');
      server.sockets[0]!.end();
      await ended;
      expect(await textOf(transport, get(server.origin))).toBe('ok');
      expect(server.requests).toHaveLength(2);
    });

    const cuts: [string, (socket: Socket) => void][] = [
      ['reset', (socket) => socket.resetAndDestroy()],
      ['closed', (socket) => socket.end()],
      ['closed within the head of its answer', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-')],
    ];

    it.each(cuts)(
      'that is %s under its second request is replaced, and nobody hears of it',
      async (_, cut) => {
        const server = await scripted((count, socket) => (count === 1 ? ok(socket) : cut(socket)));
        const transport = realTransport();
        for (let count = 0; count < 3; count += 1) {
          expect(await textOf(transport, get(server.origin))).toBe('ok');
        }
        expect(server.sockets).toHaveLength(3);
      },
    );

    it('is replaced as often as there are idle ones that are dead', async () => {
      const server = await scripted((count, socket) => {
        if (count > 1) socket.resetAndDestroy();
        else if (server.requests.length > 4) ok(socket);
        // All at once, so that four connections are needed.
        else if (server.requests.length === 4) for (const each of server.sockets) ok(each);
      });
      const transport = realTransport();
      await Promise.all([1, 2, 3, 4].map(async () => await textOf(transport, get(server.origin))));
      expect(server.sockets).toHaveLength(4);
      const asking = [1, 2, 3, 4].map(async () => await textOf(transport, get(server.origin)));
      expect(await Promise.all(asking)).toEqual(['ok', 'ok', 'ok', 'ok']);
      expect(server.sockets).toHaveLength(8);
    });

    it.each(cuts)('that is %s under its first request is a failure', async (_, cut) => {
      const server = await scripted((_count, socket) => cut(socket));
      await expect(realTransport().send(get(server.origin))).rejects.toMatchObject(cutError);
      expect(server.requests).toHaveLength(1);
    });

    it('that breaks under a POST is a failure: the server may have done it', async () => {
      const server = await scripted((count, socket) => (count === 1 ? ok(socket) : socket.resetAndDestroy()));
      const transport = realTransport();
      await textOf(transport, get(server.origin));
      await expect(transport.send(get(server.origin, { method: 'POST', body: 'a=1' }))).rejects.toMatchObject(
        cutError,
      );
      expect(server.requests).toHaveLength(2);
    });

    it.each([
      ['a body and more', 'content-length: 2\r\n\r\nok and what is no HTTP', 'ok'],
      ['an empty body and more', 'content-length: 0\r\n\r\nwhat is no HTTP', ''],
    ])('that brings headers, %s at once has brought that body', async (_, rest, body) => {
      const server = await scripted((_count, socket) => socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
      const response = await realTransport().send(get(server.origin));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await text(response.body)).toBe(body);
    });

    it('that brings headers and a bad chunk at once breaks within the body', async () => {
      const server = await scripted((_, socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\nno size\r\n');
      });
      const response = await realTransport().send(get(server.origin));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await expect(text(response.body)).rejects.toThrow(/chunk size|Response does not match/);
    });

    it('that is to speak another protocol is refused', async () => {
      const server = await scripted((_, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n');
      });
      await expect(realTransport().send(get(server.origin))).rejects.toThrow(/101|upgrade/);
    });

    it('that breaks within a body is left to who reads it', async () => {
      const server = await scripted((count, socket) => {
        if (count === 1) ok(socket);
        else socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok');
      });
      const transport = realTransport();
      await textOf(transport, get(server.origin));
      await expect(textOf(transport, get(server.origin))).rejects.toMatchObject(cutError);
      expect(server.requests).toHaveLength(2);
    });
  });

  describe('a body', () => {
    const content = randomBytes(12_000_000);
    const digest = createHash('sha256').update(content).digest('hex');

    it.each([
      ['of a known length', { 'content-length': String(content.length) }],
      ['in chunks', {}],
    ])(
      '%s arrives as it is, however slowly it is read, over connections that are reused',
      async (_, headers) => {
        const { origin, sockets } = await listen(
          createHttpServer((_, response) => {
            response.writeHead(200, headers);
            for (let at = 0; at < content.length; at += 300_000)
              response.write(content.subarray(at, at + 300_000));
            response.end();
          }),
        );
        const transport = realTransport();
        const digestOf = async (pausing: number): Promise<string> => {
          const { body } = await transport.send(get(origin));
          const hash = createHash('sha256');
          let count = 0;
          for await (const chunk of body as AsyncIterable<Buffer>) {
            // Read after a while: its memory must not have been taken for what came later.
            if (pausing > 0 && (count += 1) % pausing === 0) await new Promise(setImmediate);
            hash.update(chunk);
          }
          return hash.digest('hex');
        };
        for (let round = 0; round < 2; round += 1) {
          expect(await Promise.all([0, 1, 7].map(digestOf))).toEqual([digest, digest, digest]);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        expect(sockets).toHaveLength(3);
      },
    );
  });

  it('a body that comes slowly, a byte at a time, is read to its end', async () => {
    const server = await scripted((_, socket) => {
      const chunks = [CHUNKED, ...Array.from('slow, but sure', (byte) => `1\r\n${byte}\r\n`), '0\r\n\r\n'];
      const dripping = setInterval(() => socket.write(chunks.shift() ?? ''), 100);
      socket.on('close', () => clearInterval(dripping));
    });
    expect(await textOf(realTransport(), get(server.origin, { idleTimeoutMs: 1000 }))).toBe('slow, but sure');
  });

  it('a body that waits for its reader for longer than it may for its bytes is read to its end', async () => {
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'x');
    const server = await listen(createHttpServer((_, response) => response.end(bytes)));
    const { body } = await realTransport().send(get(server.origin, { idleTimeoutMs: 250 }));
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await text(body)).toHaveLength(bytes.length);
  });

  describe('what hangs is given up', () => {
    it('before TLS is agreed on', async () => {
      const server = await listen(createServer(() => undefined));
      const transport = createTransport({ timeouts: { connectMs: 300, tunnelMs: 300 } });
      onTestFinished(async () => await transport.close());
      const asking = transport.send(get(server.origin.replace('http', 'https')));
      await expect(asking).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    });

    it('before the headers', async () => {
      const server = await scripted(() => undefined);
      const asking = realTransport().send(get(server.origin, { idleTimeoutMs: 100 }));
      await expect(asking).rejects.toMatchObject({
        code: expect.stringMatching(/HEADERS_TIMEOUT$/) as string,
      });
    });

    it('within the body', async () => {
      const server = await scripted((_, socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok');
      });
      const asking = textOf(realTransport(), get(server.origin, { idleTimeoutMs: 100 }));
      await expect(asking).rejects.toMatchObject({ code: expect.stringMatching(/BODY_TIMEOUT$/) as string });
    });

    // What comes must be what was asked for: all else could come for ever. Where there is no file, there is another limit.
    const endless = [
      ['one hint after the other before the headers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'HEADERS'],
      ['headers without end', 'HTTP/1.1 200 OK\r\nx: ', 'a', 'HEADERS'],
      ['a chunk extension without end', `${CHUNKED}2\r\nok\r\n5;`, 'a', 'BODY'],
      ['trailers without end', `${CHUNKED}2\r\nok\r\n0\r\n`, 'a: b\r\n', 'BODY'],
    ] as const;
    it.each(large ? endless : [])('where nothing comes but %s', async (_, first, more, phase) => {
      const server = await scripted((count, socket) => {
        if (count > 1) return;
        socket.write(first);
        const dripping = setInterval(() => socket.write(more), 20);
        socket.on('close', () => clearInterval(dripping));
      });
      const asking = textOf(realTransport(), get(server.origin, { idleTimeoutMs: 200 }));
      await expect(asking).rejects.toMatchObject({ code: `${phase}_TIMEOUT` });
    });

    it('also when a reused connection hangs, as a failure', async () => {
      const server = await scripted((count, socket) => count === 1 && ok(socket));
      const transport = realTransport();
      await textOf(transport, get(server.origin));
      const asking = transport.send(get(server.origin, { idleTimeoutMs: 100 }));
      await expect(asking).rejects.toMatchObject({
        code: expect.stringMatching(/HEADERS_TIMEOUT$/) as string,
      });
      expect(server.requests).toHaveLength(2);
    });

    it('at once when the transport is closed, also while it connects', async () => {
      const server = await listen(createServer(() => undefined));
      const transport = createTransport();
      const asking = transport.send(get(server.origin.replace('http', 'https')));
      const refused = asking.then(
        () => 'answered',
        (error: Error) => error.message,
      );
      while (server.sockets.length === 0) await new Promise(setImmediate);
      const ended = once(server.sockets[0]!.resume(), 'close');
      await transport.close();
      expect(await refused).toMatch(/^The (client is destroyed|operation was aborted)$/);
      await ended;
    });
  });

  describe('a tunnel through a proxy', () => {
    /** A server on https that is known to the proxy as `api.example`; nobody vouches for it, and nobody asks. */
    const startBehind = async (
      answer: (count: number, socket: Socket) => void,
      fault?: ProxyOptions['fault'],
    ): Promise<{ transport: Transport; proxy: TestProxy }> => {
      vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
      onTestFinished(() => void vi.unstubAllEnvs());
      const pem = readFileSync(new URL('../../fixtures/self-signed.pem', import.meta.url));
      const server = createTlsServer({ key: pem, cert: pem }, (socket) => {
        let count = 0;
        socket.on('data', () => answer((count += 1), socket));
        socket.on('error', () => undefined);
      });
      const { port } = await listen(server);
      const hosts = { 'api.example:443': port };
      const proxy = await startProxy({ hosts, ...(fault === undefined ? {} : { fault }) });
      const transport = createTransport({
        env: { HTTPS_PROXY: `http://${proxy.host}` },
        timeouts: { connectMs: 5000, tunnelMs: 300 },
      });
      onTestFinished(async () => await transport.close());
      return { transport, proxy };
    };
    const url = 'https://api.example/';

    it('serves request after request, and is replaced when it breaks', async () => {
      const { transport, proxy } = await startBehind((count, socket) => {
        if (count < 4) ok(socket);
        else socket.destroy();
      });
      for (let count = 0; count < 5; count += 1) expect(await textOf(transport, get(url))).toBe('ok');
      expect(proxy.seen).toHaveLength(2);
    });

    it('lives longer than it may take to be made', async () => {
      const { transport, proxy } = await startBehind((count, socket) => {
        if (count === 1) ok(socket);
        else setTimeout(() => ok(socket), 600);
      });
      await textOf(transport, get(url));
      expect(await textOf(transport, get(url))).toBe('ok');
      expect(proxy.seen).toHaveLength(1);
    });

    it('tells the secret that it is made with', async () => {
      const { proxy } = await startBehind((_, socket) => ok(socket));
      const secrets: string[] = [];
      const transport = createTransport({
        env: { HTTPS_PROXY: `http://user:hunter2@${proxy.host}` },
        onSecret: (secret) => secrets.push(secret),
      });
      onTestFinished(async () => await transport.close());
      expect(await textOf(transport, get(url))).toBe('ok');
      expect(secrets).toEqual(['hunter2']);
      expect(proxy.seen[0]?.headers['proxy-authorization']).toBe(`Basic ${btoa('user:hunter2')}`);
    });

    it('that the proxy does not make is given up', async () => {
      const { transport, proxy } = await startBehind(
        () => undefined,
        () => 'hang',
      );
      const asking = transport.send(get(url));
      await expect(asking).rejects.toThrow(TransientError);
      await expect(asking).rejects.toThrow(
        `the proxy http://${proxy.host} did not connect to api.example:443 in time`,
      );
    });
  });

  describe.skipIf(!hasIpv6)('IPv6', () => {
    /** Has the system's resolver find both addresses for `both.example`. */
    const resolveBoth = (): void => {
      const lookup = vi.spyOn(dns, 'lookup').mockImplementation(((
        _host: string,
        _options: unknown,
        done: (error: null, addresses: { address: string; family: number }[]) => void,
      ) => {
        done(null, [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ]);
      }) as typeof dns.lookup);
      onTestFinished(() => lookup.mockRestore());
    };

    it('literals are hosts like any other', async () => {
      const hosts: (string | undefined)[] = [];
      const server = createHttpServer((request, response) => {
        hosts.push(request.headers.host);
        response.end('ok');
      });
      const { origin, port } = await listen(server, '::1');
      expect(await textOf(realTransport(), get(`${origin}/a`))).toBe('ok');
      expect(hosts).toEqual([`[::1]:${port}`]);
    });

    it('where nobody listens does not keep a host from being reached by IPv4', async () => {
      const { port } = await scripted((_, socket) => ok(socket));
      resolveBoth();
      expect(await textOf(realTransport(), get(`http://both.example:${port}`))).toBe('ok');
    });

    it('that swallows every packet does not, either', async () => {
      const port = await startBlackHole();
      await listen(
        createHttpServer((_, response) => response.end('ok')),
        '127.0.0.1',
        port,
      );
      resolveBoth();
      expect(await textOf(realTransport(), get(`http://both.example:${port}`))).toBe('ok');
    });
  });
});

// Of large bodies there are as many at once as --concurrency and --connections say.
describe('a connection of an API', () => {
  it('is one of at most 256 to an origin', async () => {
    let answering = 0;
    const server = createHttpServer((_, response) => {
      answering += 1;
      // Those beyond the limit come as soon as one of these ends.
      if (answering >= 256) response.end('ok');
      else waiting.push(() => response.end('ok'));
      if (answering === 256) for (const answer of waiting) answer();
    });
    const waiting: (() => void)[] = [];
    const { origin, sockets } = await listen(server);
    const transport = realTransport();
    const answers = Array.from(
      { length: 600 },
      async () =>
        await textOf(transport, {
          method: 'GET',
          url: new URL(origin),
          headers: {},
          idleTimeoutMs: 10_000,
          signal: new AbortController().signal,
        }),
    );
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['ok']));
    expect(sockets).toHaveLength(256);
  });
});

/** A port of ::1 that does not answer: its queue is full, and whose it is does not look after it. */
async function startBlackHole(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer().listen({ port: 0, host: '::1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
     });`,
    { eval: true },
  );
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = (await once(worker, 'message')) as [number];
  const { connect } = await import('node:net');
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (;;) {
    const socket = connect(port, '::1');
    onTestFinished(() => void socket.destroy());
    const isAccepted = await Promise.race([
      once(socket, 'connect').then(() => true),
      new Promise<boolean>((resolve) => setTimeout(resolve, 1000, false)),
    ]);
    if (!isAccepted) return port;
  }
}
