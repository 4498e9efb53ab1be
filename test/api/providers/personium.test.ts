import { describe, expect, it } from 'vitest';

import type { Look } from '../../../src/api/look.ts';
import { DeniedError, ProtocolError } from '../../../src/errors.ts';
import { sample, serve, type AnsweringServer, type Reply } from '../../helpers/answers.ts';
import { accountOf, apiWorld, lookAt, serviceOf } from '../../helpers/api.ts';

const NAME = 'CellExport_2017_01';
const ZIP = `/cell/__snapshot/${NAME}.zip`;
const ERROR = `/cell/__snapshot/${NAME}.error`;
const ready: Reply = { body: sample('personium/ready') };
const inProgress: Reply = { body: sample('personium/in-progress') };
const notFound: Reply = {
  status: 404,
  body: { code: 'PR404-DV-0001', message: { lang: 'en', value: 'Not found.' } },
};
const archive: Reply = {
  headers: { 'content-type': 'application/zip', 'content-length': '4' },
  body: 'PK\u0003\u0004',
};
const report: Reply = { body: sample('personium/export-error') };

async function cell(routes: Record<string, Reply>): Promise<AnsweringServer> {
  return await serve(({ target }) => routes[target] ?? { status: 599 });
}

async function lookIn(server: AnsweringServer, id = NAME): Promise<Look> {
  const account = accountOf('personium', { baseUrl: `${server.origin}/cell` }, { token: 'AA~PBDc-token' });
  return await lookAt(account, id);
}

async function found(routes: Record<string, Reply>, id?: string): Promise<Look> {
  return await lookIn(await cell({ '/cell/__export': ready, ...routes }), id);
}

describe('what became of an export', () => {
  it('is decided by the cell alone while it runs', async () => {
    const server = await cell({ '/cell/__export': inProgress });
    expect(await lookIn(server)).toEqual({ state: 'running', word: 'exportation in progress', percent: 81 });
    expect(server.seen.map(({ target }) => target)).toEqual(['/cell/__export']);
    expect(server.seen[0]?.headers['authorization']).toBe('Bearer AA~PBDc-token');
  });

  it('is a success when the archive is there: the body stays unread, and the report is not asked for', async () => {
    const server = await cell({ '/cell/__export': ready, [ZIP]: archive, [ERROR]: notFound });
    const { state, word, links } = await lookIn(server);
    expect({ state, word }).toEqual({ state: 'ready', word: 'ready' });
    expect(server.seen.map(({ target }) => target)).toEqual(['/cell/__export', ZIP]);
    expect(server.seen[1]?.headers['authorization']).toBe('Bearer AA~PBDc-token');
    expect(links).toHaveLength(1);
    expect(links?.[0]).toMatchObject({ identity: ZIP, auth: 'api', expiresAt: undefined });
    expect(links?.[0]?.url.href).toBe(`${server.origin}${ZIP}`);
  });

  it('is a success although an earlier attempt of that name has left a report', async () => {
    expect(await found({ [ZIP]: archive, [ERROR]: report })).toMatchObject({ state: 'ready' });
  });

  it('is a failure when there is a report instead, which says why', async () => {
    expect(await found({ [ZIP]: notFound, [ERROR]: report })).toEqual({
      state: 'failed',
      word: 'ready',
      message: 'Too many concurrent requests.',
    });
  });

  it('is open when there is neither', async () => {
    const server = await cell({ '/cell/__export': ready, [ZIP]: notFound, [ERROR]: notFound });
    expect(await lookIn(server)).toMatchObject({ state: 'gone', word: 'ready' });
    expect(server.seen.map(({ target }) => target)).toEqual(['/cell/__export', ZIP, ERROR]);
  });
});

describe.each([
  ['in progress', inProgress],
  ['in a state that nobody knows', { body: { status: 'suspended', exportation_name: 'another' } }],
] satisfies [string, Reply][])("somebody else's export in the same cell, %s,", (_, status) => {
  const others = { '/cell/__export': status };

  it('is not taken for ours, nor is its percentage', async () => {
    const look = await found(
      { ...others, '/cell/__snapshot/mine.zip': notFound, '/cell/__snapshot/mine.error': notFound },
      'mine',
    );
    expect(look).toMatchObject({ state: 'gone' });
    expect(look).not.toHaveProperty('percent');
  });

  it('does not hide that ours is done', async () => {
    const look = await found({ ...others, '/cell/__snapshot/mine.zip': archive }, 'mine');
    expect(look).toMatchObject({ state: 'ready', links: [{ identity: '/cell/__snapshot/mine.zip' }] });
  });

  it('does not hide that ours has failed', async () => {
    const look = await found(
      { ...others, '/cell/__snapshot/mine.zip': notFound, '/cell/__snapshot/mine.error': report },
      'mine',
    );
    expect(look).toMatchObject({ state: 'failed', message: 'Too many concurrent requests.' });
  });
});

describe('an error', () => {
  const refusal = (status: number, code: string, value: string): Record<string, Reply> => ({
    '/cell/__export': { status, body: { code, message: { lang: 'en', value } } },
  });

  it('of an expired token is a refusal, with the reason', async () => {
    const expired = found(refusal(401, 'PR401-AU-0002', 'Access token expired.'));
    await expect(expired).rejects.toThrow(DeniedError);
    await expect(expired).rejects.toThrow('personium answered 401: Access token expired.');
  });

  it('of a lacking privilege is a refusal', async () => {
    await expect(found(refusal(403, 'PR403-AU-0002', 'Necessary privilege is lacking.'))).rejects.toThrow(
      DeniedError,
    );
  });

  it('of a cell that is not there is a gone export', async () => {
    const look = await found(refusal(404, 'PR404-DV-0003', 'Cell not found.'));
    expect(look).toMatchObject({ state: 'gone', word: 'not found' });
    expect(look.message).toContain('Cell not found.');
  });

  it('of a busy server passes', async () => {
    await expect(found(refusal(503, 'PR503-SV-0001', 'Too many concurrent requests.'))).rejects.toMatchObject(
      {
        name: 'TransientError',
      },
    );
  });

  it('of the probe is the error of the look, and decides nothing', async () => {
    await expect(found({ [ZIP]: { status: 500 } })).rejects.toMatchObject({ name: 'TransientError' });
    await expect(found({ [ZIP]: { status: 403 } })).rejects.toThrow(DeniedError);
  });

  it('report that is no JSON is not taken for anything', async () => {
    await expect(found({ [ZIP]: notFound, [ERROR]: { body: '<html>' } })).rejects.toThrow(ProtocolError);
  });
});

describe('the account', () => {
  it('may be a cookie with its peer in the query', async () => {
    const server = await cell({ '/cell/__export?p_cookie_peer=peer-value': inProgress });
    const account = accountOf(
      'personium',
      { baseUrl: `${server.origin}/cell` },
      { cookie: 'cookie-value', cookiePeer: 'peer-value' },
    );
    expect(await lookAt(account, NAME)).toMatchObject({ state: 'running' });
    expect(server.seen[0]?.headers).toMatchObject({ cookie: 'p_cookie=cookie-value' });
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('may be user and password, for which a token is had in the cell', async () => {
    const server = await cell({
      '/cell/__token': { body: { access_token: 'given-token', expires_in: 3600 } },
      '/cell/__export': inProgress,
    });
    const account = accountOf(
      'personium',
      { baseUrl: `${server.origin}/cell`, username: 'me' },
      { password: 'word' },
    );
    const world = apiWorld();
    const service = serviceOf(account, world);
    const turn = { urgency: 'poll', signal: world.context.signal } as const;
    await service.look(NAME, turn);
    await service.look(NAME, turn);
    expect(server.seen.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'POST /cell/__token',
      'GET /cell/__export',
      'GET /cell/__export',
    ]);
    expect(server.seen[2]?.headers['authorization']).toBe('Bearer given-token');
  });
});
