import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import type { Link } from '../../src/api/link.ts';
import type { Look } from '../../src/api/look.ts';
import { ConfigError, InterruptedError } from '../../src/errors.ts';
import { checkProfile } from '../../src/profiles/load.ts';
import { serve, type AnsweringServer, type Reply, type Seen as Request } from '../helpers/answers.ts';
import { accountOf, apiWorld, lookAt, serviceOf, type World } from '../helpers/api.ts';

const BASE = {
  profile: 1,
  name: 'acme',
  title: 'Acme',
  variables: { baseUrl: { description: 'root' }, token: { description: 'token', secret: true } },
  id: { pattern: '(?<kind>[a-z]+)-(?<number>\\d+)', description: 'kind and number', example: 'jobs-7' },
  auth: [{ scheme: 'bearer', token: 'token' }],
  status: {
    request: { url: '{+baseUrl}/{kind}/{number}' },
    state: 'body.state',
    states: { busy: 'running', done: 'ready' },
  },
  files: [{ each: 'body.files', url: 'item.href' }],
};

interface Seen {
  readonly found: Look;
  readonly server: AnsweringServer;
}

/** Looks at `jobs-7` through a profile that differs from the one above in what `change` says. */
async function look(change: object, routes: Record<string, Reply>, world: World = apiWorld()): Promise<Seen> {
  const server = await serve(
    ({ method, target }) => routes[`${method} ${target}`] ?? routes['*'] ?? { status: 599 },
  );
  const account = accountOf(
    checkProfile({ ...BASE, ...change }, 'acme'),
    { baseUrl: server.origin },
    { token: 'token-1' },
  );
  return { found: await lookAt(account, 'jobs-7', world), server };
}

const statusWith = (change: object): object => ({ status: { ...BASE.status, ...change } });
const done = { state: 'done', files: [{ href: '/f/1?sig=a', title: 'one.csv', bytes: 5 }] };

describe('the status request', () => {
  it('has the parts of the id in its path, and the headers of the profile', async () => {
    const request = { url: '{+baseUrl}/{kind}/{number}{?id}', headers: { 'x-version': '2' } };
    const { server } = await look(statusWith({ request }), { 'GET /jobs/7?id=jobs-7': { body: done } });
    expect(server.seen[0]?.headers).toMatchObject({ 'x-version': '2', authorization: 'Bearer token-1' });
  });

  it('may be a POST', async () => {
    const request = { ...BASE.status.request, method: 'POST' };
    const { found } = await look(statusWith({ request }), { 'POST /jobs/7': { body: done } });
    expect(found.state).toBe('ready');
  });

  it('with a template that gives no URL is a configuration error', async () => {
    await expect(look(statusWith({ request: { url: '{baseUrl}/x' } }), {})).rejects.toThrow(ConfigError);
  });
});

describe('the percentage', () => {
  it.each<[unknown, object, number | undefined]>([
    ['body.percent', { percent: '64%' }, 64],
    ['body.percent', { percent: 64 }, 64],
    [{ fraction: 'body.share' }, { share: 0.25 }, 25],
    [{ fraction: 'body.rows / body.total' }, { rows: 30, total: 40 }, 75],
    [{ fraction: 'body.rows / body.total' }, { rows: 0, total: 0 }, undefined],
    [{ fraction: 'body.rows / body.total' }, {}, undefined],
    ['body.percent', { percent: 'soon' }, undefined],
  ])('by %j of %j is %j', async (percent, body, expected) => {
    const { found } = await look(statusWith({ percent }), {
      'GET /jobs/7': { body: { state: 'busy', ...body } },
    });
    expect(found.percent).toBe(expected);
  });
});

describe('the export in a list', () => {
  it('is picked by its id', async () => {
    const body = {
      jobs: [
        { id: 'jobs-6', state: 'busy' },
        { id: 'jobs-7', state: 'done' },
      ],
    };
    const state = 'let $id = vars.id in body.jobs[?id == $id].state | [0]';
    const { found } = await look(statusWith({ state }), { 'GET /jobs/7': { body } });
    expect(found.word).toBe('done');
  });
});

describe('links', () => {
  const linksOf = async (files: object[], body: object = done): Promise<unknown> =>
    (await look({ files }, { 'GET /jobs/7': { body: { state: 'done', ...body } } })).found.links;

  it('have name, size and identity as the profile says', async () => {
    const entry = {
      each: 'body.files',
      url: 'item.href',
      name: 'item.title',
      size: 'item.bytes',
      identity: 'name',
    };
    expect(await linksOf([entry])).toMatchObject([{ identity: 'one.csv', name: 'one.csv', size: 5 }]);
  });

  it.each([-5, 1.5, 1e300, 2 ** 53, 'many', '0x10z'])('have no size of %j bytes', async (bytes) => {
    const entry = { each: 'body.files', url: 'item.href', size: 'item.bytes' };
    const found = await linksOf([entry], { files: [{ href: '/a', bytes }] });
    expect(found).toMatchObject([{ size: undefined }]);
  });

  it('die at the earliest end that anything names', async () => {
    const entry = { each: 'body.files', url: 'item.href', expires: 'item.until' };
    const world = apiWorld();
    const headers = { date: new Date(world.clock.now()).toUTCString() };
    const seconds = world.clock.now() / 1000;
    const files = [
      { href: `/a?Expires=${seconds + 10}`, until: seconds + 20 },
      { href: `/b?Expires=${seconds + 20}`, until: seconds + 10 },
    ];
    const { found } = await look(
      { files: [entry] },
      { 'GET /jobs/7': { body: { state: 'done', files }, headers } },
      world,
    );
    const soon = world.clock.now() + 10_000;
    expect(found.links?.map(({ expiresAt }) => expiresAt)).toEqual([soon, soon]);
  });

  it('may be plain strings', async () => {
    const files = ['https://h.example/a', 'https://h.example/b'];
    expect(await linksOf([{ each: 'body.files', url: 'item' }], { files })).toMatchObject([
      { identity: '/a', index: 0 },
      { identity: '/b', index: 1 },
    ]);
  });

  it('come from the first alternative that gives any', async () => {
    const alternatives = [{ url: 'body.signed' }, { each: 'body.files', url: 'item.href' }];
    expect(await linksOf(alternatives)).toMatchObject([{ identity: '/f/1' }]);
    expect(await linksOf(alternatives, { ...done, signed: '/s/1' })).toMatchObject([{ identity: '/s/1' }]);
  });

  it('are none when every list is empty, and still to come when a list is not there', async () => {
    const alternatives = [
      { each: 'body.signed', url: 'item.href' },
      { each: 'body.files', url: 'item.href' },
    ];
    expect(await linksOf(alternatives, { signed: [], files: [] })).toEqual([]);
    expect(await linksOf(alternatives, { files: [] })).toEqual([]);
    expect(await linksOf(alternatives, { files: null })).toBeUndefined();
    expect(await linksOf(alternatives, { signed: [{}], files: [] })).toBeUndefined();
  });

  it('keep their identity when they are renewed', async () => {
    const renewed = { files: [{ href: 'https://other.example/f/1?sig=b' }] };
    const entry = [{ each: 'body.files', url: 'item.href' }];
    const [before, after] = [await linksOf(entry), await linksOf(entry, renewed)] as { identity: string }[][];
    expect(after?.[0]?.identity).toBe(before?.[0]?.identity);
  });
});

describe('a follow-up', () => {
  const second = {
    followUps: [
      {
        as: 'detail',
        when: 'ready',
        request: { url: '{+baseUrl}/files/{file}', with: { file: 'body.file' } },
      },
    ],
    files: [{ url: 'detail.body.url' }],
  };
  const routes = {
    'GET /jobs/7': { body: { state: 'done', file: 'a/b' } },
    'GET /files/a%2Fb': { body: { url: '/raw/1' } },
  };

  it('may give the link', async () => {
    const { found } = await look(second, routes);
    expect(found).toMatchObject({ state: 'ready', links: [{ identity: '/raw/1' }] });
  });

  it('is not asked while the export runs', async () => {
    const { server } = await look(second, { 'GET /jobs/7': { body: { state: 'busy' } } });
    expect(server.seen).toHaveLength(1);
  });

  it('that fails fails the look, unless it is optional', async () => {
    const broken = { ...routes, 'GET /files/a%2Fb': { status: 403 } };
    await expect(look(second, broken)).rejects.toThrow('acme answered 403');
    const followUps = [{ ...second.followUps[0], optional: true }];
    expect((await look({ ...second, followUps }, broken)).found).toMatchObject({
      state: 'ready',
      links: undefined,
    });
  });

  it('that is optional does not hide an interruption', async () => {
    const world = apiWorld();
    const reason = new InterruptedError('SIGINT');
    const followUps = [{ ...second.followUps[0], optional: true }];
    const server = await serve(({ target }) => {
      if (target === '/jobs/7') return routes['GET /jobs/7'];
      world.abort(reason);
      return undefined;
    });
    const account = accountOf(
      checkProfile({ ...BASE, ...second, followUps }, 'acme'),
      { baseUrl: server.origin },
      { token: 'token-1' },
    );
    await expect(lookAt(account, 'jobs-7', world)).rejects.toBe(reason);
  });
});

describe('the quota', () => {
  const quotas = [
    { name: 'RequestsByUserPerSecond', resetInSecond: 90, exceeded: false },
    { name: 'RequestsByUserPerMinute', resetInSecond: 30, exceeded: true },
  ];
  const tooMany = { code: 429, message: 'Too Many Requests', data: { error: { info: { quotas } } } };

  it('of all looks waits for as long as the refusal of one asks for', async () => {
    const inProgress = { body: { code: 200, data: { status: 'In progress' } } };
    const server = await serve([{ status: 429, body: tooMany }, inProgress]);
    const world = apiWorld();
    const account = accountOf('mytracker-raw', { baseUrl: server.origin, userId: '7' }, { secretKey: 'k' });
    const service = serviceOf(account, world);
    const turn = { urgency: 'poll', signal: world.context.signal } as const;
    await expect(service.look('1', turn)).rejects.toMatchObject({ retryAfterMs: 30_000 });
    expect(await service.look('2', turn)).toMatchObject({ state: 'running' });
    expect(world.clock.waits).toEqual([30_000]);
  });

  it('slows polls down when the service says that little of it is left', async () => {
    const headers = { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0' };
    const server = await serve([{ headers, body: { export_files: { status: 'Queued' } } }]);
    const world = apiWorld();
    const account = accountOf('webadmit', { baseUrl: server.origin }, { apiKey: 'k' });
    const service = serviceOf(account, world);
    const turn = { urgency: 'poll', signal: world.context.signal } as const;
    await service.look('1/2', turn);
    await service.look('1/3', turn);
    expect(world.clock.waits).toEqual([60_000]);
  });
});

describe('a request', () => {
  const sentBy = async (request: object): Promise<Request> => {
    const change = statusWith({ request: { ...BASE.status.request, ...request } });
    const { server } = await look(change, { '*': { body: done } });
    return server.seen[0]!;
  };

  it('has the members of an object in its query, lists as several of one name', async () => {
    const query = "{tag: ['a', 'b'], of: vars.number, none: null}";
    expect((await sentBy({ query })).target).toBe('/jobs/7?tag=a&tag=b&of=7');
  });

  it('has a JSON body', async () => {
    const seen = await sentBy({ method: 'POST', json: '{job: {number: vars.number}}' });
    expect(seen.headers['content-type']).toBe('application/json');
    expect(JSON.parse(seen.body)).toEqual({ job: { number: '7' } });
  });

  it('has a form for a body, members of members in brackets', async () => {
    const seen = await sentBy({ method: 'POST', form: '{job: {number: vars.number}, all: `true`}' });
    expect(seen.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(seen.body).toBe('job%5Bnumber%5D=7&all=true');
  });

  it('has headers with variables in them, which go before the usual ones', async () => {
    const { headers } = await sentBy({ headers: { 'X-Job': '{number}', Accept: 'text/csv' } });
    expect(headers).toMatchObject({ 'x-job': '7', accept: 'text/csv' });
  });

  it('has the values of variables in headers as they are, since a header is no URL', async () => {
    const job = { with: { t: "'a b/c+%ü'" }, headers: { 'x-job': 'Bearer "{t}" {+number} {missing}.' } };
    const { headers } = await sentBy({ ...job, with: { ...job.with, missing: 'vars.nothing' } });
    expect(headers['x-job']).toBe('Bearer "a b/c+%ü" 7 .');
  });
});

describe('an answer that may be anything', () => {
  const anything = { ...BASE.status.request, answer: 'any' };

  it('is text where it is not JSON', async () => {
    const change = statusWith({ request: anything, state: "contains(body, 'half') && 'busy' || 'done'" });
    const { found } = await look(change, { 'GET /jobs/7': { body: 'half of it' } });
    expect(found.state).toBe('running');
  });

  it('may be empty, and be told by its HTTP status', async () => {
    const status = { request: anything, state: 'to_string(status)', states: { '202': 'running' } };
    const percent = 'headers."x-progress"';
    const headers = { 'x-progress': 'in progress (64 %)', 'retry-after': '12' };
    const { found } = await look(statusWith({ ...status, percent }), {
      'GET /jobs/7': { status: 202, headers, body: '' },
    });
    expect(found).toMatchObject({ state: 'running', percent: 64, retryAfterMs: 12_000 });
  });
});

describe('a file', () => {
  const now = Date.UTC(2024, 4, 6);
  const fileOf = async (fields: object, change: object): Promise<unknown> => {
    const file = { ...done.files[0], ...fields };
    const files = [{ ...BASE.files[0], ...change }];
    const headers = { date: new Date(now).toUTCString() };
    const answer = { headers, body: { ...done, files: [file] } };
    const { found } = await look({ files }, { 'GET /jobs/7': answer });
    return found.links?.[0];
  };

  it.each([
    ['md5', 'XrY7u+Ae7tCTyyK7j1rNww=='],
    ['md5', 'XrY7u-Ae7tCTyyK7j1rNww'],
    ['sha1', 'Kq5sNclPz7QV2+lfQIuc6R7oRu0='],
    ['sha256', 'uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek='],
    ['md5', '5EB63BBBE01EEED093CB22BB8F5ACDC3'],
  ])('has its %s in %s', async (algorithm, text) => {
    const hex = createHash(algorithm).update('hello world').digest('hex');
    const link = await fileOf({ sum: text }, { [algorithm]: 'item.sum' });
    expect(link).toMatchObject({ checksums: { [algorithm]: hex } });
  });

  it.each(['XrY7u+Ae7tCTyyK7j1r', 'Kq5sNclPz7QV2+lfQIuc6R7oRu0=', 'XrY7 u+Ae7tCTyyK7j1rNww=='])(
    'has no md5 in %s',
    async (text) => expect(await fileOf({ sum: text }, { md5: 'item.sum' })).toMatchObject({ checksums: {} }),
  );

  it.each([
    [30, 30_000],
    ['90', 90_000],
    [0, undefined],
    [-5, undefined],
    ['soon', undefined],
  ])('lives for the %j seconds that the answer names', async (ttl, ms) => {
    const link = (await fileOf({ ttl }, { lifetime: { seconds: 'item.ttl' } })) as Link;
    expect(link.expiresAt).toBe(ms === undefined ? undefined : link.issuedAt + ms);
  });
});

describe('an error that is a word', () => {
  it('counts like the HTTP status that the profile gives for it', async () => {
    const errors = { status: 'body.error', statuses: { 'not-found': 404 } };
    const { found } = await look({ errors }, { 'GET /jobs/7': { body: { error: 'NOT_FOUND' } } });
    expect(found.state).toBe('gone');
  });

  const errors = { status: 'body.error', statuses: { 'not-found': 404 }, message: 'body.text' };

  it('is one that nobody can act on where the profile gives none, and is shown', async () => {
    const answer = { body: { ...done, error: 'E_QUOTA', text: 'ask the sales team' } };
    const looking = look({ errors }, { 'GET /jobs/7': answer });
    await expect(looking).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringMatching(/answered "E_QUOTA": ask the sales team$/) as string,
    });
  });

  it('leaves it to the HTTP status what kind of error it is, where that is one', async () => {
    const looking = look({ errors }, { 'GET /jobs/7': { status: 403, body: { error: 'E_ROLE' } } });
    await expect(looking).rejects.toMatchObject({ exitCode: 77 });
  });

  it.each([0, '0', 'OK', 'Success', '', null, false, 200])('is none in %j', async (error) => {
    const { found } = await look({ errors }, { 'GET /jobs/7': { body: { ...done, error } } });
    expect(found.state).toBe('ready');
  });
});

describe('pages', () => {
  const listed = { as: 'list', when: 'ready', request: { url: '{+baseUrl}/files{?cursor}' } };
  const files = [{ each: 'list[].body.files[]', url: 'item' }];
  const first = { body: { files: ['/1', '/2'], cursor: 'c2', more: '/files?cursor=c2' } };
  const last = { body: { files: ['/3'] } };

  it.each<[string, string, unknown]>([
    ['with a variable', '{+baseUrl}/files{?cursor}', { cursor: 'body.cursor' }],
    ['with a URL', '{+baseUrl}/files', 'body.more'],
  ])('of a follow-up are all asked for, %s', async (_, url, next) => {
    const { found, server } = await look(
      { followUps: [{ ...listed, request: { url }, next }], files },
      { 'GET /jobs/7': { body: done }, 'GET /files': first, 'GET /files?cursor=c2': last },
    );
    expect(found.links?.map(({ url }) => url.pathname)).toEqual(['/1', '/2', '/3']);
    expect(server.seen.every(({ headers }) => headers['authorization'] === 'Bearer token-1')).toBe(true);
  });

  it('without end are an error', async () => {
    const followUps = [{ ...listed, next: { cursor: 'body.cursor' } }];
    const change = { followUps, files };
    const answers = { 'GET /jobs/7': { body: done }, 'GET /files': first, 'GET /files?cursor=c2': first };
    await expect(look(change, answers)).rejects.toThrow('more than 1000 pages');
  });

  it('of a file are files, each with its own link and identity', async () => {
    const locator = { locator: 'headers."x-locator"' };
    const entry = { template: '{+baseUrl}/results{?locator}', next: locator, auth: 'api' };
    const { found } = await look(
      { files: [entry] },
      {
        'GET /jobs/7': { body: done },
        'GET /results': { headers: { 'x-locator': 'MTA' }, body: 'a' },
        'GET /results?locator=MTA': { headers: { 'x-locator': 'MjA' }, body: 'b' },
        'GET /results?locator=MjA': { body: 'c' },
      },
    );
    expect(found.links?.map(({ url, index, identity }) => [url.search, index, identity])).toEqual([
      ['', 0, '/results'],
      ['?locator=MTA', 1, '/results#1'],
      ['?locator=MjA', 2, '/results#2'],
    ]);
  });

  it('of a file on another origin do not get the headers of its link', async () => {
    const other = await serve([{ body: 'b' }]);
    const entry = { template: '{+baseUrl}/p', next: 'headers."x-next"', headers: { 'x-tok': 't-1' } };
    const { found } = await look(
      { files: [entry] },
      {
        'GET /jobs/7': { body: done },
        'GET /p': { headers: { 'x-next': '/q' }, body: 'a' },
        'GET /q': { headers: { 'x-next': `${other.origin}/r` }, body: 'b' },
      },
    );
    expect(found.links?.map(({ url, headers }) => [url.pathname, headers])).toEqual([
      ['/p', { 'x-tok': 't-1' }],
      ['/q', { 'x-tok': 't-1' }],
      ['/r', undefined],
    ]);
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]?.headers).not.toHaveProperty('x-tok');
  });
});

describe('a link', () => {
  const linkBy = async (entry: object, body: object = {}): Promise<unknown> => {
    const files = [{ each: 'body.files', url: 'item.href', ...entry }];
    const { found } = await look({ files }, { 'GET /jobs/7': { body: { ...done, ...body } } });
    return found.links?.[0];
  };

  it('gets the credentials where the answer says so', async () => {
    const entry = { auth: { apiWhen: 'body.protected' } };
    expect(await linkBy(entry, { protected: true })).toMatchObject({ auth: 'api' });
    expect(await linkBy(entry, { protected: 'yes' })).toMatchObject({ auth: 'none' });
    expect(await linkBy(entry)).toMatchObject({ auth: 'none' });
  });

  it('has headers of its own', async () => {
    expect(await linkBy({ headers: { Accept: 'application/x-ndjson' } })).toMatchObject({
      headers: { accept: 'application/x-ndjson' },
    });
    const entry = { with: { t: 'item.title' }, headers: { 'x-tok': 'Bearer {t}' } };
    const of = (title: string): object => ({ files: [{ ...done.files[0], title }] });
    expect(await linkBy(entry, of('a b/c'))).toMatchObject({ headers: { 'x-tok': 'Bearer a b/c' } });
    await expect(linkBy(entry, of('a\r\nx-more: 1'))).rejects.toThrow(
      '"t", for a header, has a line break or another control character in it',
    );
  });

  it('is made of what the answer has', async () => {
    const entry = { url: undefined, template: '{+baseUrl}/get{?title}', with: { title: 'item.title' } };
    expect(await linkBy(entry)).toMatchObject({ identity: '/get', url: { search: '?title=one.csv' } });
  });
});
