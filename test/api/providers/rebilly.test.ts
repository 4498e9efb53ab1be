import { describe, expect, it } from 'vitest';

import type { Look } from '../../../src/api/look.ts';
import { TransientError } from '../../../src/api/failures.ts';
import { DeniedError } from '../../../src/errors.ts';
import { sample, serve, type AnsweringServer, type Reply } from '../../helpers/answers.ts';
import { accountOf, apiWorld, lookAt, type World } from '../../helpers/api.ts';

const ID = '4f6cf35x-2c4y-483z-a0a9-158621f77a21';
const EXPORT = `/experimental/organizations/acme/data-exports/${ID}`;
const FILE = '/organizations/acme/files/file_1';
const SHA1 = '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12';

const SIGNED = { rel: 'signedLink', href: 'https://files.example/f?sig=abc' };
const DOWNLOAD = { rel: 'download', href: `${FILE}/download` };
const SELF = { rel: 'self', href: EXPORT };
const USER = { rel: 'user', href: '/users/1' };

const completed = (...links: object[]): Reply => ({
  body: {
    ...(JSON.parse(sample('rebilly/pending')) as object),
    status: 'completed',
    fileId: 'file_1',
    _links: links,
  },
});
const metadata: Reply = {
  body: { id: 'file_1', name: 'customers.csv', size: 1234, sha1: SHA1.toUpperCase() },
};

async function api(routes: Record<string, Reply>): Promise<AnsweringServer> {
  return await serve(({ target }) => routes[target] ?? { status: 599 });
}

async function lookIn(server: AnsweringServer, world: World = apiWorld()): Promise<Look> {
  const account = accountOf(
    'rebilly',
    { baseUrl: server.origin, organization: 'acme' },
    { apiKey: 'sk-secret' },
  );
  return await lookAt(account, ID, world);
}

async function found(status: Reply, file: Reply = metadata, world?: World): Promise<Look> {
  return await lookIn(await api({ [EXPORT]: status, [FILE]: file }), world);
}

describe('the request', () => {
  it('is a GET below the organization, with the key', async () => {
    const server = await api({ [EXPORT]: { body: sample('rebilly/pending') } });
    expect(await lookIn(server)).toEqual({ state: 'queued', word: 'pending' });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      target: EXPORT,
      headers: { 'reb-apikey': 'sk-secret' },
    });
  });

  it('carries a JSON Web Token instead where there is one', async () => {
    const server = await api({ [EXPORT]: { body: sample('rebilly/pending') } });
    await lookAt(
      accountOf('rebilly', { baseUrl: server.origin, organization: 'acme' }, { jwt: 'ey.j.wt' }),
      ID,
    );
    expect(server.seen[0]?.headers['authorization']).toBe('Bearer ey.j.wt');
    expect(server.seen[0]?.headers).not.toHaveProperty('reb-apikey');
  });

  it('goes where the configured path says', async () => {
    const server = await serve([{ body: sample('rebilly/pending') }]);
    const variables = {
      baseUrl: server.origin,
      organization: 'acme',
      path: '/organizations/acme/experimental/data-exports',
    };
    await lookAt(accountOf('rebilly', variables, { apiKey: 'sk-secret' }), ID);
    expect(server.seen[0]?.target).toBe(`/organizations/acme/experimental/data-exports/${ID}`);
  });
});

describe('the state', () => {
  it.each([
    ['pending', 'queued'],
    ['queued', 'queued'],
    ['processing', 'running'],
  ])('%s is %s', async (status, state) => {
    expect(await found({ body: { status } })).toEqual({ state, word: status });
  });

  it.each(['record-limit-exceeded', 'max-retries-reached'])('failed says why: %s', async (failureReason) => {
    expect(await found({ body: { status: 'failed', failureReason } })).toEqual({
      state: 'failed',
      word: 'failed',
      message: failureReason,
    });
  });
});

describe('the link', () => {
  it('is the signed one, wherever it stands, with what the file says of itself', async () => {
    const world = apiWorld();
    for (const links of [
      [SELF, USER, DOWNLOAD, SIGNED],
      [SIGNED, DOWNLOAD, USER, SELF],
    ]) {
      const look = await found(completed(...links), metadata, world);
      expect(look).toEqual({
        state: 'ready',
        word: 'completed',
        links: [
          {
            identity: '#0',
            index: 0,
            url: new URL(SIGNED.href),
            auth: 'none',
            issuedAt: world.clock.now(),
            expiresAt: world.clock.now() + 60_000,
            name: 'customers.csv',
            size: 1234,
            checksums: { sha1: SHA1 },
          },
        ],
      });
    }
  });

  it("dies when its own signature says so, by the server's clock", async () => {
    const world = apiWorld();
    const signed = {
      rel: 'signedLink',
      href: 'https://s3.example/f?X-Amz-Date=20300101T000000Z&X-Amz-Expires=300',
    };
    const reply = { ...completed(signed), headers: { date: 'Tue, 01 Jan 2030 00:01:00 GMT' } };
    const { links } = await found(reply, metadata, world);
    expect(links?.[0]?.expiresAt).toBe(world.clock.now() + 240_000);
  });

  it('is the download link where there is no signed one, with the key', async () => {
    const server = await api({ [EXPORT]: completed(SELF, USER, DOWNLOAD), [FILE]: metadata });
    const { links } = await lookIn(server);
    expect(links).toHaveLength(1);
    expect(links?.[0]).toMatchObject({ auth: 'api', identity: '#0', size: 1234, expiresAt: undefined });
    expect(links?.[0]?.url.href).toBe(`${server.origin}${FILE}/download`);
  });

  it.each([[[]], [[SELF, USER]], [[{ rel: 'signedLink' }]]])('is still to come: %j', async (links) => {
    expect(await found(completed(...links))).toMatchObject({ state: 'ready', links: undefined });
  });

  it('is still to come when there are no links at all', async () => {
    expect(await found({ body: { status: 'completed' } })).toMatchObject({
      state: 'ready',
      links: undefined,
    });
  });
});

describe("the file's own data", () => {
  it('is asked for once the export is completed', async () => {
    const server = await api({ [EXPORT]: completed(SIGNED), [FILE]: metadata });
    await lookIn(server);
    expect(server.seen.map(({ target, headers }) => [target, headers['reb-apikey']])).toEqual([
      [EXPORT, 'sk-secret'],
      [FILE, 'sk-secret'],
    ]);
  });

  it.each<[string, Reply]>([
    ['a 404', { status: 404 }],
    ['a 403', { status: 403 }],
    ['a page', { body: '<html>' }],
  ])('is done without after %s', async (_, file) => {
    const { state, links } = await found(completed(SIGNED), file);
    expect(state).toBe('ready');
    expect(links?.[0]).toMatchObject({ name: undefined, size: undefined, checksums: {} });
    expect(links?.[0]?.url.href).toBe(SIGNED.href);
  });

  it('is asked for again later when the service is merely busy, so that nothing goes unchecked', async () => {
    await expect(found(completed(SIGNED), { status: 500, body: 'oops' })).rejects.toThrow(TransientError);
  });

  it.each(['', 'abc', 'z'.repeat(40), 12, null])('has no checksum in %j', async (sha1) => {
    const { links } = await found(completed(SIGNED), { body: { size: '77', sha1 } });
    expect(links?.[0]).toMatchObject({ size: 77, checksums: {} });
  });
});

describe('an error', () => {
  const problem = (status: number, more: object = {}): Reply => ({
    status,
    body: { type: 'about:blank', title: 'A title', status, ...more },
  });

  it.each([401, 403])('%d is a refusal, with the detail', async (status) => {
    await expect(found(problem(status, { detail: 'Invalid credentials used.' }))).rejects.toThrow(
      DeniedError,
    );
    await expect(found(problem(status, { detail: 'Invalid credentials used.' }))).rejects.toThrow(
      `rebilly answered ${status}: Invalid credentials used.`,
    );
  });

  it('404 is a gone export, with the title where there is no detail', async () => {
    const look = await found(problem(404));
    expect(look.state).toBe('gone');
    expect(look.message).toMatch(/rebilly answered 404: A title$/);
  });

  it('429 says until when, as an instant of the server', async () => {
    const headers = { date: 'Mon, 15 Apr 2024 13:24:30 GMT', 'x-ratelimit-retry-after': '1713187500' };
    await expect(found({ ...problem(429), headers })).rejects.toMatchObject({
      name: 'TooManyRequestsError',
      retryAfterMs: 1_713_187_500_000 - Date.UTC(2024, 3, 15, 13, 24, 30),
    });
  });

  it('429 may say it as Retry-After; the longer wait counts', async () => {
    const headers = {
      date: 'Mon, 15 Apr 2024 13:24:30 GMT',
      'x-ratelimit-retry-after': '1713187471',
      'retry-after': '9',
    };
    await expect(found({ ...problem(429), headers })).rejects.toMatchObject({ retryAfterMs: 9000 });
  });

  it('429 that is over by now asks for no wait', async () => {
    const headers = { 'x-ratelimit-retry-after': '1713187500' };
    await expect(found({ ...problem(429), headers })).rejects.toMatchObject({ retryAfterMs: 0 });
  });
});
