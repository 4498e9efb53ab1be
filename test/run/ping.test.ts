import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { createTransport } from '../../src/api/transport/transport.ts';
import { realClock } from '../../src/clock.ts';
import type { Context } from '../../src/context.ts';
import { InterruptedError, type ExitCode } from '../../src/errors.ts';
import { startPinging } from '../../src/run/ping.ts';
import { inOrder, startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';

const SECRET = '5ad0b2d7-4e0c-4f47-b5a2-5f5b6c1f0a11';
const LIMITS = { attempt: 300, lastWord: 700, interrupted: 200 };

async function world(): Promise<{ server: ScriptedServer; context: Context; interrupt: () => void }> {
  const server = await startScriptedServer();
  server.fault = () => ({ status: 200, body: 'OK' });
  const transport = createTransport();
  const interruption = new AbortController();
  onTestFinished(async () => {
    await transport.close();
    await server.close();
  });
  const clock = {
    now: () => Date.now(),
    sleep: async (_: number, signal: AbortSignal) => await realClock.sleep(1, signal),
  };
  const context = { transport, clock, random: () => 0.5, signal: interruption.signal } as unknown as Context;
  return { server, context, interrupt: () => interruption.abort(new InterruptedError('SIGTERM')) };
}

const asked = ({ requests }: ScriptedServer): string[] =>
  requests.map(({ path, query }) => (query.size === 0 ? path : `${path}?${query.toString()}`));

test.each<[ExitCode, string]>([
  [0, `/${SECRET}`],
  [8, `/${SECRET}/8`],
  [143, `/${SECRET}/143`],
])('tells the start, and exit code %i as %s', async (exitCode, path) => {
  const { server, context } = await world();
  const pinging = startPinging(new URL(`${server.origin}/${SECRET}`), context);
  expect(await pinging.end(exitCode)).toEqual([]);
  expect(asked(server)).toEqual([`/${SECRET}/start`, path]);
  for (const { headers } of server.requests)
    expect(Object.keys(headers).sort()).toEqual(['connection', 'host', 'user-agent']);
});

test('leaves the query where it belongs, and a slash at the end alone', async () => {
  const { server, context } = await world();
  await startPinging(new URL(`${server.origin}/key/slug/?create=1`), context).end(3);
  expect(asked(server)).toEqual(['/key/slug/start?create=1', '/key/slug/3?create=1']);
});

test.each([
  ['503', { status: 503 }],
  ['429', { status: 429, headers: { 'retry-after': '3600' } }],
] as const)('tries the last word again after %s', async (_, fault) => {
  const { server, context } = await world();
  const ok = { status: 200 };
  server.fault = inOrder(ok, fault, fault, ok);
  const pinging = startPinging(new URL(`${server.origin}/${SECRET}`), context);
  expect(await pinging.end(0)).toEqual([]);
  expect(server.requests).toHaveLength(4);
});

test.each([
  [404, 2],
  [302, 2],
  [500, 4],
])('gives up after %i, %i requests in all, and says so without the secret', async (status, count) => {
  const { server, context } = await world();
  server.fault = () => ({ status, headers: { location: `${server.origin}/elsewhere` } });
  const pinging = startPinging(new URL(`${server.origin}/${SECRET}`), context);
  const sentence = `the ping of ${server.origin}: the answer is ${status}`;
  expect(await pinging.end(0)).toEqual([sentence, sentence]);
  expect(server.requests).toHaveLength(count);
});

test('says that nobody listens', async () => {
  const { server, context } = await world();
  const gone = await startScriptedServer();
  await gone.close();
  const warnings = await startPinging(new URL(`${gone.origin}/${SECRET}`), context).end(0);
  const refused = `the ping of ${gone.origin}: the connection was refused (ECONNREFUSED)`;
  expect(warnings).toEqual([refused, refused]);
  expect(server.requests).toEqual([]);
});

describe('a check that never answers', () => {
  test('is not waited for', async () => {
    const { context } = await world();
    const origin = await silence();
    const warnings = await startPinging(new URL(`${origin}/${SECRET}`), context, LIMITS).end(0);
    const late = `the ping of ${origin}: no answer came in time`;
    expect(warnings).toEqual([late, late]);
  });

  test('is waited for even less by a run that is interrupted', async () => {
    const { context, interrupt } = await world();
    const origin = await silence();
    const limits = { attempt: 60_000, lastWord: 60_000, interrupted: 100 };
    const pinging = startPinging(new URL(`${origin}/${SECRET}`), context, limits);
    interrupt();
    expect(await pinging.end(143)).toEqual([`the ping of ${origin}: no answer came in time`]);
  });
});

/** Somebody who takes connections, and says nothing. */
async function silence(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
