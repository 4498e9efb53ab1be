import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { describe, onTestFinished } from 'vitest';

import { serve } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';

/** A store whose answers begin with `first` and go on with `more` for ever. */
async function startDripping(first: string, more: string): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(first);
      const dripping = setInterval(() => socket.write(more), 50);
      socket.on('close', () => clearInterval(dripping));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a store that sends for ever, and no byte of the file', () => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
  it.for([
    ['hints', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['a chunk extension', `${chunked}5;`, 'aaaa'],
    ['trailers', `${chunked}5\r\nhello\r\n0\r\n`, 'a: b\r\n'],
  ] as const)('but %s, is given up after --stall-timeout', async ([, first, more], { expect, cli }) => {
    const store = await startDripping(first, more);
    const files = [{ link: `${store}/a.csv`, timestampExpires: 4_000_000_000 }];
    const data = { status: 'Success!', progress: '100%', files };
    const api = await serve([{ body: { code: 200, message: 'OK', data } }]);
    const env = {
      EXPORTPOLL_MYTRACKER_RAW_BASE_URL: api.origin,
      EXPORTPOLL_MYTRACKER_RAW_USER_ID: '77658',
      EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'key-16180339',
    };
    const flags = ['--stall-timeout', '300ms', '--retries', '1'];
    const result = await cli.run(['watch', 'mytracker-raw:4', ...flags], { env });
    expect(result).toMatchObject({ exitCode: 75 });
    expect(result.stderr).toMatch(/no (answer|byte) came in time/);
    expect(await cli.files()).not.toContain('a.csv');
  });
});
