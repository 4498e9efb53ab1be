import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';

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
import { serve, type Handler } from '../helpers/answers.ts';
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

/** A server that answers with these bytes, HTTP or not. */
async function rawServer(text: string): Promise<string> {
  const server = createTcpServer((socket) => socket.on('error', () => undefined).end(text));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it.each([
  ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
  ['a header without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
])('an answer that is %s is not asked for again', async (_title, text) => {
  const url = new URL(await rawServer(text));
  const { signal } = new AbortController();
  const request = { method: 'GET', url, headers: {}, idleTimeoutMs: 2000, signal };
  const error = await realTransport()
    .send(request)
    .catch((reason: unknown) => networkError(reason, 'GET it', signal));
  expect(error).toBeInstanceOf(ProtocolError);
});

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
async function failureOf(url: string, headers: Record<string, string> = {}): Promise<Error> {
  const { signal } = new AbortController();
  try {
    const transport = realTransport();
    const request = { method: 'GET', url: new URL(url), headers, idleTimeoutMs: 60, signal };
    const { body } = await transport.send(request);
    for await (const _ of body);
  } catch (error) {
    return networkError(error, 'GET it', signal);
  }
  throw new Error('the request succeeded');
}

describe('a network failure that may pass', () => {
  const misbehaviours: [what: string, handler: Handler, sentence: string][] = [
    [
      'a reset before the answer',
      (_, { req }) => void req.socket.resetAndDestroy(),
      'the connection was reset (ECONNRESET)',
    ],
    [
      'a connection closed before the answer',
      (_, { req }) => void req.socket.end(),
      'the connection was closed (UND_ERR_SOCKET)',
    ],
    ['no answer', () => undefined, 'no answer came in time (UND_ERR_HEADERS_TIMEOUT)'],
    [
      'an answer that stops',
      (_, response) => void response.writeHead(200, { 'content-length': '9' }).write('abc'),
      'no byte came in time (UND_ERR_BODY_TIMEOUT)',
    ],
    [
      'an answer that is cut',
      (_, response) =>
        void response.writeHead(200, { 'content-length': '9' }).write('abc', () => response.req.socket.end()),
      'the connection was closed (UND_ERR_SOCKET)',
    ],
  ];
  it.each(misbehaviours)('is %s', async (_, handler, sentence) => {
    const { origin } = await serve(handler);
    const error = await failureOf(origin);
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toBe(`GET it: ${sentence}`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is a port where nobody listens', async () => {
    const error = await failureOf('http://127.0.0.1:1/');
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toBe('GET it: the connection was refused (ECONNREFUSED)');
  });

  it('is a host name that cannot be looked up', async () => {
    const error = await failureOf('http://nonexistent.invalid/');
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(
      /^GET it: the host name (is not known|could not be looked up) \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it('is found along the chain of causes, and in the first of many', () => {
    const { signal } = new AbortController();
    const inner = Object.assign(new Error('x'), { code: 'EHOSTUNREACH' });
    const outer = new Error('outer', { cause: new AggregateError([inner, new Error('y')]) });
    expect(networkError(outer, 'GET it', signal).message).toBe(
      'GET it: the host is unreachable (EHOSTUNREACH)',
    );
  });

  it('has its own words when nobody has better ones', () => {
    const { signal } = new AbortController();
    expect(networkError(new Error('odd'), 'GET it', signal).message).toBe('GET it: odd');
    expect(networkError('text', 'GET it', signal).message).toBe('GET it: text');
  });
});

describe('a network failure that asking again does not change', () => {
  it('is a certificate that nobody vouches for', async () => {
    const pem = readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url));
    const server = createTlsServer({ key: pem, cert: pem }, (_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());

    const error = await failureOf(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(error).toBeInstanceOf(TryAgainError);
    expect(error).not.toBeInstanceOf(TransientError);
    expect(error.message).toBe('GET it: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(error).toMatchObject({ hint: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string });
  });

  it('is https where plain http is spoken', async () => {
    const { origin } = await serve([{}]);
    const error = await failureOf(origin.replace('http:', 'https:'));
    expect(error).toBeInstanceOf(TryAgainError);
    expect(error).not.toBeInstanceOf(TransientError);
    expect(error.message).toBe('GET it: the server does not speak TLS there (ERR_SSL_WRONG_VERSION_NUMBER)');
  });

  it('is a credential that no header can carry, which is not quoted', async () => {
    const error = await failureOf('http://127.0.0.1:1/', { 'x-api-key': '“smart quotes”' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toBe('GET it: the request cannot be sent: invalid x-api-key header');
  });
});

describe('what is not a network failure', () => {
  it('is an interruption, whose reason is passed on as it is', () => {
    const interrupted = new InterruptedError('SIGINT');
    expect(networkError(new Error('x'), 'GET it', AbortSignal.abort(interrupted))).toBe(interrupted);
  });

  it('is an error of ours, which is passed on as it is', () => {
    const error = new ProtocolError('odd answer');
    expect(networkError(error, 'GET it', new AbortController().signal)).toBe(error);
  });
});
