import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { describe, expect, it, onTestFinished, test } from 'vitest';

import { classifyStatus, networkError, statusError, TransientError } from '../../src/api/failures.ts';
import {
  ConfigError,
  DeniedError,
  ExitCode,
  GoneError,
  InterruptedError,
  ProtocolError,
  TryAgainError,
} from '../../src/errors.ts';
import { realTransport } from '../helpers/api.ts';

/** Every status that there can be, as ranges: from, to, class. This is the policy. */
const POLICY = [
  [100, 400, 'unexpected'],
  [401, 401, 'denied'],
  [402, 402, 'unexpected'],
  [403, 403, 'denied'],
  [404, 404, 'gone'],
  [405, 406, 'unexpected'],
  [407, 407, 'denied'],
  [408, 408, 'transient'],
  [409, 409, 'unexpected'],
  [410, 410, 'gone'],
  [411, 424, 'unexpected'],
  [425, 425, 'transient'],
  [426, 428, 'unexpected'],
  [429, 429, 'transient'],
  [430, 499, 'unexpected'],
  [500, 500, 'transient'],
  [501, 501, 'unexpected'],
  [502, 504, 'transient'],
  [505, 505, 'unexpected'],
  [506, 599, 'transient'],
] as const;

const CLASSES = {
  denied: [DeniedError, ExitCode.denied],
  gone: [GoneError, ExitCode.gone],
  transient: [TransientError, ExitCode.tryAgain],
  unexpected: [ProtocolError, ExitCode.protocol],
} as const;

describe('an HTTP status', () => {
  test('of every number from 100 to 599 has its place in the policy', () => {
    expect(POLICY[0][0]).toBe(100);
    expect(POLICY.at(-1)?.[1]).toBe(599);
    POLICY.slice(1).forEach(([from], index) => expect(from).toBe(POLICY[index]![1] + 1));
  });

  test.each(POLICY)('from %d to %d is %s', (from, to, expected) => {
    const [errorClass, exitCode] = CLASSES[expected];
    for (let status = from as number; status <= to; status += 1) {
      expect(`${status} ${classifyStatus(status)}`).toBe(`${status} ${expected}`);
      const error = statusError(status, 'what', { hint: 'do', retryAfterMs: 5 });
      expect(error).toBeInstanceOf(errorClass);
      expect(error).toMatchObject({ exitCode, message: 'what', hint: 'do' });
    }
  });

  test('carries the wait that was asked for', () => {
    expect(statusError(429, 'slow', { retryAfterMs: 7000 })).toMatchObject({ retryAfterMs: 7000 });
  });
});

/** The error that a real request ends with. */
async function failureOf(
  url: string,
  headers: Record<string, string> = {},
  transport = realTransport(),
): Promise<Error> {
  const { signal } = new AbortController();
  try {
    const request = { method: 'GET', url: new URL(url), headers, idleTimeoutMs: 60, signal };
    const { body } = await transport.send(request);
    for await (const _ of body);
  } catch (error) {
    return networkError(error, 'GET it', signal);
  }
  throw new Error('the request succeeded');
}

/** A server that does with a connection what it likes, once the client has said something; resolves with its port. */
async function rawServer(onData: (socket: Socket) => unknown): Promise<number> {
  const server = createTcpServer((socket) =>
    socket.on('error', () => undefined).once('data', () => onData(socket)),
  );
  return await listening(server);
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A fatal alert of TLS (RFC 8446, 6) in place of a ServerHello. */
const alert = (description: number) => (socket: Socket) =>
  socket.end(Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description]));

const head = 'HTTP/1.1 200 OK\r\n';

/** What real servers do, the error that it is for whoever asked, and whether it is worth another attempt. */
const CAUSES: readonly [
  what: string,
  scheme: 'http' | 'https',
  does: (socket: Socket) => unknown,
  errorClass: new (message: string) => Error,
  sentence: string,
][] = [
  // Before the answer.
  [
    'a reset',
    'http',
    (socket) => socket.resetAndDestroy(),
    TransientError,
    'the connection was reset (ECONNRESET)',
  ],
  ['an end', 'http', (socket) => socket.end(), TransientError, 'the connection was closed (UND_ERR_SOCKET)'],
  ['silence', 'http', () => undefined, TransientError, 'no answer came in time (UND_ERR_HEADERS_TIMEOUT)'],
  [
    'headers that stop',
    'http',
    (socket) => socket.write(`${head}content-le`),
    TransientError,
    'no answer came in time (UND_ERR_HEADERS_TIMEOUT)',
  ],
  [
    'headers that are cut',
    'http',
    (socket) => socket.end(`${head}content-le`),
    TransientError,
    'the connection was closed (UND_ERR_SOCKET)',
  ],
  // In its body.
  [
    'a body that stops',
    'http',
    (socket) => socket.write(`${head}content-length: 9\r\n\r\nabc`),
    TransientError,
    'no byte came in time (UND_ERR_BODY_TIMEOUT)',
  ],
  [
    'a body that is cut',
    'http',
    (socket) => socket.end(`${head}content-length: 9\r\n\r\nabc`),
    TransientError,
    'the connection was closed (UND_ERR_SOCKET)',
  ],
  [
    'a body in chunks that is cut',
    'http',
    (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\n9\r\nabc`),
    TransientError,
    'the connection was closed (UND_ERR_SOCKET)',
  ],
  [
    'a body that is reset',
    'http',
    (socket) =>
      socket.write(`${head}content-length: 9\r\n\r\nabc`, () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      ),
    TransientError,
    'the connection was reset (ECONNRESET)',
  ],
  // Within TLS.
  [
    'a reset handshake',
    'https',
    (socket) => socket.resetAndDestroy(),
    TransientError,
    'the connection was reset (ECONNRESET)',
  ],
  [
    'a handshake that ends',
    'https',
    (socket) => socket.end(),
    TransientError,
    'the connection was reset (ECONNRESET)',
  ],
  [
    'a handshake that stops',
    'https',
    () => undefined,
    TransientError,
    'the connection timed out (UND_ERR_CONNECT_TIMEOUT)',
  ],
  [
    'an internal error in the handshake',
    'https',
    alert(80),
    TransientError,
    'the server could not begin TLS (ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR)',
  ],
  ['a refused handshake', 'https', alert(40), TryAgainError, '(ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE)'],
  ['a refused version', 'https', alert(70), TryAgainError, '(ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION)'],
  [
    'plain http',
    'https',
    (socket) => socket.end(`${head}content-length: 0\r\n\r\n`),
    TryAgainError,
    'the server does not speak TLS there (ERR_SSL_WRONG_VERSION_NUMBER)',
  ],
  // No HTTP.
  [
    'another protocol',
    'http',
    (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'),
    ProtocolError,
    'the answer is not sound HTTP',
  ],
  [
    'a header without end',
    'http',
    (socket) => socket.end(`${head}x: ${'a'.repeat(100_000)}\r\n\r\n`),
    ProtocolError,
    'the answer is not sound HTTP',
  ],
  [
    'a chunk without a size',
    'http',
    (socket) => socket.end(`${head}transfer-encoding: chunked\r\n\r\nabc x\r\n`),
    ProtocolError,
    'the answer is not sound HTTP',
  ],
];

describe('a cause', () => {
  it.each(CAUSES)(
    'that is %s (%s) has its place in the policy',
    async (_, scheme, does, errorClass, sentence) => {
      const port = await rawServer(does);
      const error = await failureOf(
        `${scheme}://127.0.0.1:${port}/`,
        {},
        realTransport({ connectMs: 500, tunnelMs: 500 }),
      );
      expect(error.message).toContain(`GET it: `);
      expect(error.message).toContain(sentence);
      expect(error.constructor).toBe(errorClass);
      expect(error.cause).toBeInstanceOf(Error);
    },
  );

  it('that is a port where nobody listens may pass', async () => {
    const error = await failureOf('http://127.0.0.1:1/');
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toBe('GET it: the connection was refused (ECONNREFUSED)');
  });

  it('that is a host name that cannot be looked up may pass', async () => {
    const error = await failureOf('http://nonexistent.invalid/');
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(
      /^GET it: the host name (is not known|could not be looked up) \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it('that is a certificate nobody vouches for does not', async () => {
    const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));
    const port = await listening(createTlsServer({ key: pem, cert: pem }, (_, response) => response.end()));
    const error = await failureOf(`https://127.0.0.1:${port}/`);
    expect(error.constructor).toBe(TryAgainError);
    expect(error.message).toBe('GET it: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(error).toMatchObject({ hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string });
  });

  it('that is a credential which no header can carry does not, and is not quoted', async () => {
    const error = await failureOf('http://127.0.0.1:1/', { 'x-api-key': '“smart quotes”' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe('GET it: the request cannot be sent: invalid x-api-key header');
  });

  // What loopback cannot do: the codes as Node has them.
  it.each([
    ['ENOTFOUND', TransientError],
    ['EAI_AGAIN', TransientError],
    ['EPIPE', TransientError],
    ['ETIMEDOUT', TransientError],
    ['EHOSTUNREACH', TransientError],
    ['ENETUNREACH', TransientError],
    ['ENETDOWN', TransientError],
    ['ECONNABORTED', TransientError],
    ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', TransientError],
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', TransientError],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', TryAgainError],
    ['ERR_TLS_CERT_ALTNAME_INVALID', TryAgainError],
    ...[
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'CERT_HAS_EXPIRED',
      'CERT_NOT_YET_VALID',
      'CERT_REVOKED',
      'CERT_UNTRUSTED',
      'CRL_HAS_EXPIRED',
      'ERROR_IN_CERT_NOT_AFTER_FIELD',
      'HOSTNAME_MISMATCH',
      'INVALID_CA',
      'INVALID_PURPOSE',
      'PATH_LENGTH_EXCEEDED',
    ].map((code) => [code, TryAgainError] as const),
  ] as const)('that is called %s is a %o', (code, errorClass) => {
    const cause = Object.assign(new Error('words'), { code });
    const error = networkError(new TypeError('failed', { cause }), 'GET it', new AbortController().signal);
    expect(error.constructor).toBe(errorClass);
    expect(error.message).toContain(`(${code})`);
  });

  it('is found along the chain of causes, and in the first of many', () => {
    const { signal } = new AbortController();
    const inner = Object.assign(new Error('x'), { code: 'EHOSTUNREACH' });
    const outer = new Error('outer', { cause: new AggregateError([inner, new Error('y')]) });
    expect(networkError(outer, 'GET it', signal).message).toBe(
      'GET it: the host is unreachable (EHOSTUNREACH)',
    );
  });

  it('that nobody has listed may pass, and has its own words', () => {
    const { signal } = new AbortController();
    for (const thrown of [new Error('odd'), 'odd']) {
      const error = networkError(thrown, 'GET it', signal);
      expect(error).toBeInstanceOf(TransientError);
      expect(error.message).toBe('GET it: odd');
    }
  });
});

describe('what is not a network failure', () => {
  it('is an interruption, whose reason is passed on as it is', () => {
    const interrupted = new InterruptedError('SIGINT');
    expect(networkError(new Error('x'), 'GET it', AbortSignal.abort(interrupted))).toBe(interrupted);
  });

  it('is a machine without what requests need, which is passed on as it is', () => {
    const error = new ReferenceError('WebAssembly is not defined');
    expect(networkError(error, 'GET it', new AbortController().signal)).toBe(error);
  });

  it('is an error of ours, which is passed on as it is', () => {
    const error = new ProtocolError('odd answer');
    expect(networkError(error, 'GET it', new AbortController().signal)).toBe(error);
  });
});
