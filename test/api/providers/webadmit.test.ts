import { describe, expect, it } from 'vitest';

import { TransientError } from '../../../src/api/failures.ts';
import type { Look } from '../../../src/api/look.ts';
import { DeniedError } from '../../../src/errors.ts';
import { sample, serve, type Reply } from '../../helpers/answers.ts';
import { accountOf, apiWorld, lookAt, type World } from '../../helpers/api.ts';

const KEY = '0123456789abcdef0123456789abcdef';

async function found(reply: Reply, world: World = apiWorld()): Promise<Look> {
  const server = await serve([reply]);
  return await lookAt(
    accountOf('webadmit', { baseUrl: server.origin }, { apiKey: KEY }),
    '86446/74780',
    world,
  );
}

const status = (word: unknown, more: object = {}): Reply => ({
  body: { export_files: { id: 74780, export_id: 86446, status: word, ...more } },
});

describe('the request', () => {
  it('is a GET of the export and the file, with the key', async () => {
    const server = await serve([status('Queued')]);
    await lookAt(accountOf('webadmit', { baseUrl: server.origin }, { apiKey: KEY }), '86446/74780');
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      target: '/api/v1/exports/86446/export_files/74780',
      headers: { 'x-api-key': KEY },
    });
  });
});

describe('the state', () => {
  it.each([
    ['Initializing', 'initializing', 'queued'],
    ['Queued', 'queued', 'queued'],
    ['In Progress', 'in_progress', 'running'],
    ['Failed', 'failed', 'failed'],
    ['Empty List', 'empty_list', 'empty'],
  ])("%s of the service and %s of the vendor's page are %s", async (service, page, state) => {
    expect(await found(status(service))).toEqual({ state, word: service });
    expect(await found(status(page))).toEqual({ state, word: page });
  });

  it.each(['Success With Errors', 'success_with_errors'])('%s has a link as well', async (word) => {
    const found_ = await found(status(word, { download_url: 'https://s3.example/f?Expires=1425359248' }));
    expect(found_).toMatchObject({ state: 'ready-with-errors', word, links: [{ index: 0 }] });
  });

  it('of a recorded start answer is queued', async () => {
    expect(await found({ body: sample('webadmit/queued') })).toEqual({ state: 'queued', word: 'Queued' });
  });

  it.each([{}, { download_url: null }, { download_url: '' }])(
    'that is ready may still lack its link: %j',
    async (more) => {
      expect(await found(status('Available', more))).toMatchObject({ state: 'ready', links: undefined });
    },
  );
});

describe("the page's sample", () => {
  it('has a link that dies by the clock of the server, and that gets no key', async () => {
    const world = apiWorld();
    const serverNow = 1_425_359_248_000 - 29_000;
    const headers = { date: new Date(serverNow).toUTCString() };
    const { state, word, links } = await found({ body: sample('webadmit/available'), headers }, world);
    expect({ state, word }).toEqual({ state: 'ready', word: 'available' });
    const path = '/export_files/reports/000/074/780/d19d6c0a34b7062c4496530f3d5dbfb_original.txt';
    expect(links).toEqual([
      {
        identity: path,
        index: 0,
        url: new URL(
          `https://webadmit-production.s3.amazonaws.com${path}?AWSAccessKeyId=AKIAIT7746URBGHSHEA&Expires=1425359248` +
            '&Signature=y2jwr78kbVt44xz%2BfaEnp5dXKU%3D&response-content-disposition=attachment%3B%20filename' +
            '%3DTest-API-Export.csv&response-content-type=text%2Fcsv%3Bcharset%3Diso-8859-1',
        ),
        auth: 'none',
        issuedAt: world.clock.now(),
        expiresAt: world.clock.now() + 29_000,
        name: undefined,
        size: undefined,
        checksums: {},
      },
    ]);
  });

  it('of a 404 is a gone export', async () => {
    const gone = await found({ status: 404, body: sample('webadmit/not-found') });
    expect(gone).toMatchObject({ state: 'gone', word: 'not found' });
    expect(gone.message).toMatch(/webadmit answered 404: Not Found$/);
  });

  it('of a 401 with an empty body is a refused key', async () => {
    await expect(found({ status: 401 })).rejects.toThrow(DeniedError);
    await expect(found({ status: 401 })).rejects.toThrow(/webadmit answered 401$/);
  });
});

describe('a link', () => {
  it('without an end of its own lives for 30 seconds', async () => {
    const world = apiWorld();
    const { links } = await found(status('Available', { download_url: 'https://s3.example/f' }), world);
    expect(links?.[0]?.expiresAt).toBe(world.clock.now() + 30_000);
  });

  it('may be relative to the API', async () => {
    const { links } = await found(status('Available', { download_url: '/files/1.csv' }));
    expect(links?.[0]?.url.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/files\/1\.csv$/);
  });
});

describe('an answer that says how long to wait', () => {
  it('is a failure that carries it', async () => {
    const throttled = found({ status: 429, headers: { 'retry-after': '17' } });
    await expect(throttled).rejects.toThrow(TransientError);
    await expect(throttled).rejects.toMatchObject({ retryAfterMs: 17_000 });
  });

  it('is measured by the clock of the server when it is a date', async () => {
    const date = 'Mon, 06 May 2030 07:00:00 GMT';
    const unavailable = found({
      status: 503,
      headers: { date, 'retry-after': 'Mon, 06 May 2030 07:01:30 GMT' },
    });
    await expect(unavailable).rejects.toMatchObject({ retryAfterMs: 90_000 });
  });

  it('is a look that carries it when it is no failure', async () => {
    expect(await found({ ...status('Queued'), headers: { 'retry-after': '5' } })).toEqual({
      state: 'queued',
      word: 'Queued',
      retryAfterMs: 5000,
    });
    expect(await found({ ...status('Queued'), status: 202, headers: { 'retry-after': '5' } })).toMatchObject({
      retryAfterMs: 5000,
    });
  });
});
