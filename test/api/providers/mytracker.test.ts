import { describe, expect, it } from 'vitest';

import { TransientError, UnreadableAnswerError } from '../../../src/api/failures.ts';
import type { Look } from '../../../src/api/look.ts';
import { DeniedError, ProtocolError } from '../../../src/errors.ts';
import { sample, serve, type AnsweringServer, type Reply } from '../../helpers/answers.ts';
import { accountOf, apiWorld, lookAt, type World } from '../../helpers/api.ts';

interface Seen {
  readonly found: Promise<Look>;
  readonly server: AnsweringServer;
}

/** Looks at an export that the service answers with `reply`. */
async function look(
  reply: Reply | string,
  profile = 'mytracker-raw',
  world: World = apiWorld(),
): Promise<Seen> {
  const server = await serve([typeof reply === 'string' ? { body: sample(`mytracker/${reply}`) } : reply]);
  const account = accountOf(
    profile,
    { baseUrl: server.origin, userId: '77658' },
    { secretKey: '72d2erEtbynf6' },
  );
  return { found: lookAt(account, '4', world), server };
}

const found = async (...args: Parameters<typeof look>): Promise<Look> => await (await look(...args)).found;

describe('the request', () => {
  it.each([
    ['mytracker-raw', '/api/raw/v1/export/get.json?idRawExport=4'],
    ['mytracker-segment', '/api/segment/v1/export/get.json?idSegmentExport=4'],
  ])('of %s is a signed GET of %s', async (profile, target) => {
    const { found, server } = await look('raw-in-progress', profile);
    await found;
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({ method: 'GET', target, body: '' });
    expect(server.seen[0]?.headers['authorization']).toMatch(/^AuthHMAC 77658:[A-Za-z0-9+/]{27}=$/);
  });
});

describe("the raw page's samples", () => {
  it('in progress, with its percentage', async () => {
    expect(await found('raw-in-progress')).toEqual({ state: 'running', word: 'In progress', percent: 64 });
  });

  it('an error that may pass', async () => {
    expect(await found('raw-error-occurred')).toEqual({
      state: 'running',
      word: 'Error occurred',
      settles: { state: 'failed', after: 10 },
    });
  });

  it('an error of the user, with the reason', async () => {
    expect(await found('raw-user-error')).toEqual({
      state: 'failed',
      word: 'User error occurred',
      message: 'Too many lines in one export',
    });
  });

  it('cancelled', async () => {
    expect(await found('raw-canceled')).toEqual({ state: 'cancelled', word: 'Canceled by user' });
  });

  it('success, with two links that die by the clock of the server', async () => {
    const world = apiWorld();
    const serverNow = Date.UTC(2018, 5, 23, 9, 0, 0);
    const body = sample('mytracker/raw-success');
    const headers = { date: new Date(serverNow).toUTCString() };
    const { state, word, links } = await found({ body, headers }, 'mytracker-raw', world);
    expect({ state, word }).toEqual({ state: 'ready', word: 'Success!' });
    const path = '/storage/download/raw/4.payment.26c427ac8680888803ee05e34835b6dd';
    const skew = world.clock.now() - serverNow;
    const common = {
      auth: 'api',
      issuedAt: world.clock.now(),
      name: undefined,
      size: undefined,
      checksums: {},
    };
    expect(links).toEqual([
      {
        ...common,
        index: 0,
        url: new URL(`https://tracker.my.com${path}.0.csv.gz`),
        identity: `${path}.0.csv.gz`,
        expiresAt: 1_529_746_957_000 + skew,
      },
      {
        ...common,
        index: 1,
        url: new URL(`https://tracker.my.com${path}.1.csv.gz`),
        identity: `${path}.1.csv.gz`,
        expiresAt: 1_609_502_400_000 + skew,
      },
    ]);
  });

  it.each([200, 404])('not found in a %d', async (status) => {
    const { found, server } = await look({ status, body: sample('mytracker/raw-not-found') });
    expect(await found).toEqual({
      state: 'gone',
      word: 'not found',
      message: `GET ${server.origin}/api/raw/v1/export/get.json: mytracker-raw answered 404: Raw export request not found`,
    });
  });

  it.each([200, 403])('access denied in a %d, with no data at all', async (status) => {
    const denied = found({ status, body: sample('mytracker/raw-access-denied') });
    await expect(denied).rejects.toThrow(DeniedError);
    await expect(denied).rejects.toThrow('mytracker-raw answered 403: Access denied');
    await expect(denied).rejects.toMatchObject({ hint: expect.stringContaining('credential') as string });
  });
});

describe("the segment page's samples", () => {
  const segment = async (name: string): Promise<Look> => await found(`segment-${name}`, 'mytracker-segment');

  it('in progress, although there is a comma too many', async () => {
    expect(await segment('in-progress')).toEqual({ state: 'running', word: 'In progress', percent: 64 });
  });

  it('an error that may pass', async () => {
    expect(await segment('error-occurred')).toMatchObject({ settles: { state: 'failed', after: 10 } });
  });

  it('success, with two files', async () => {
    const { state, links } = await segment('success');
    expect(state).toBe('ready');
    expect(links?.map(({ identity }) => identity)).toEqual([
      '/storage/download/segment/1.1.c3217d0d061c695550c9cf8a8fa72520.csv.gz',
      '/storage/download/segment/1.1.c695fa72610d0cf8a550c9520217dc38.csv.gz',
    ]);
  });

  it('not found', async () => {
    expect(await segment('not-found')).toMatchObject({
      state: 'gone',
      message: expect.stringContaining('Segment export request not found') as string,
    });
  });

  it('access denied', async () => {
    await expect(segment('access-denied')).rejects.toThrow('answered 403: Access denied');
  });
});

describe('recorded answers', () => {
  it.each([
    [
      'mytracker-raw',
      'raw-recorded',
      '11040581.installs.d55f479f4ed44d4f786daed1b392ccb7.0.csv.gz',
      1_655_975_434,
    ],
    [
      'mytracker-segment',
      'segment-recorded',
      '16.1460.072c9ed6a6c9855d695c2529303afa23.csv.gz',
      1_655_392_109,
    ],
  ])('of %s are on the older store', async (profile, answer, name, expires) => {
    const world = apiWorld();
    const headers = { date: new Date(world.clock.now()).toUTCString() };
    const { state, links } = await found({ body: sample(`mytracker/${answer}`), headers }, profile, world);
    expect(state).toBe('ready');
    expect(links?.map(({ url, expiresAt }) => [url.host, url.pathname.split('/').at(-1), expiresAt])).toEqual(
      [['rawdata.hb.bizmrg.com', name, expires * 1000]],
    );
  });
});

describe('files', () => {
  const success = (data: object): Reply => ({
    body: { code: 200, message: 'Ok', data: { status: 'Success!', ...data } },
  });

  it('that are none make an export without data', async () => {
    expect(await found(success({ files: [] }))).toMatchObject({ state: 'ready', links: [] });
  });

  it.each([{}, { files: null }])('that are not listed may still come: %j', async (data) => {
    expect(await found(success(data))).toMatchObject({ state: 'ready', links: undefined });
  });

  it('without a link are waited for, so that none is left out', async () => {
    const files = [{ link: 'https://h.example/a.gz' }, { link: null }];
    expect(await found(success({ files }))).toMatchObject({ state: 'ready', links: undefined });
    expect(await found(success({ files: [{}] }))).toMatchObject({ state: 'ready', links: undefined });
  });

  it('with the same path are still two files', async () => {
    const files = [{ link: 'https://h.example/get?id=1' }, { link: 'https://h.example/get?id=2' }];
    const { links } = await found(success({ files }));
    expect(links?.map(({ identity }) => identity)).toEqual(['/get', '/get#1']);
  });

  it.each(['ftp://h.example/a', 'javascript:x', 'http://'])('are not at %s', async (link) => {
    await expect(found(success({ files: [{ link }] }))).rejects.toThrow(
      "the answer's link no. 1 is not an http(s) URL",
    );
  });

  it.each(['0', 'never', '99999999999999999999', null])(
    'have no end when it is written as %j',
    async (timestampExpires) => {
      const { links } = await found(success({ files: [{ link: 'https://h.example/a', timestampExpires }] }));
      expect(links?.[0]?.expiresAt).toBeUndefined();
    },
  );
});

describe('too many requests', () => {
  async function waitOf(reply: Reply): Promise<unknown> {
    const failure = await found(reply).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransientError);
    return (failure as TransientError).retryAfterMs;
  }
  const quotas = (...list: object[]): Reply => ({
    status: 429,
    body: { code: 429, message: 'Too Many Requests', data: { error: { info: { quotas: list } } } },
  });

  it.each([200, 429])("in a %d: the documented body's exceeded quota says how long", async (status) => {
    expect(await waitOf({ status, body: sample('mytracker/too-many-requests') })).toBe(30_000);
  });

  it('waits for the last of several exceeded quotas, and for no other', async () => {
    const reply = quotas(
      { resetInSecond: 5, exceeded: true },
      { resetInSecond: 50, exceeded: true },
      { resetInSecond: 500, exceeded: false },
    );
    expect(await waitOf(reply)).toBe(50_000);
  });

  it('knows the undocumented spelling as well', async () => {
    expect(await waitOf(quotas({ resetIn: 7, exceeded: true }, { resetInSecond: 5, exceeded: true }))).toBe(
      7000,
    );
  });

  it('may not say how long', async () => {
    expect(await waitOf(quotas())).toBeUndefined();
    expect(await waitOf(quotas({ resetInSecond: 9, exceeded: false }))).toBeUndefined();
    expect(
      await waitOf({ status: 429, body: { code: 429, message: 'Too Many Requests', data: null } }),
    ).toBeUndefined();
  });
});

describe('other answers', () => {
  it('of 400, with the reason', async () => {
    const body = { code: 400, message: 'Bad Request', data: { error: { detail: 'idRawExport is wrong' } } };
    await expect(found({ body })).rejects.toThrow(ProtocolError);
    await expect(found({ body })).rejects.toThrow('mytracker-raw answered 400: idRawExport is wrong');
  });

  it('of 500 whose envelope says that all is well are failures that may pass', async () => {
    await expect(found({ status: 500, body: { code: 200, message: 'Ok' } })).rejects.toThrow(TransientError);
  });

  it('of 502 with a page are failures that may pass', async () => {
    await expect(found({ status: 502, body: '<html>Bad gateway</html>' })).rejects.toThrow('answered 502');
    await expect(found({ status: 502, body: '<html>' })).rejects.toThrow(TransientError);
  });

  it('with a word that nobody knows are unknown', async () => {
    const body = { code: 200, data: { status: 'Archived' } };
    expect(await found({ body })).toMatchObject({ state: 'unknown', word: 'Archived' });
  });

  it.each([{ code: 200, data: null }, { code: 200 }, {}, [], 'null', '""'])(
    'without a status are unknown: %j',
    async (body) => {
      expect(await found({ body })).toMatchObject({ state: 'unknown', word: 'no status' });
    },
  );

  it('without anything in them may be better next time', async () => {
    await expect(found({ body: undefined })).rejects.toThrow(UnreadableAnswerError);
    await expect(found({ body: '\n' })).rejects.toThrow('the answer (HTTP 200) is empty');
  });
});
