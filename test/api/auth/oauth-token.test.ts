import { describe, expect, it } from 'vitest';

import { UnreadableAnswerError } from '../../../src/api/failures.ts';
import { DeniedError, ProtocolError, TryAgainError } from '../../../src/errors.ts';
import type { Service } from '../../../src/api/service.ts';
import { serve, type AnsweringServer, type Handler, type Reply, type Seen } from '../../helpers/answers.ts';
import { accountOf, apiWorld, secretOf, serviceOf, type World } from '../../helpers/api.ts';
import { USER_AGENT } from '../../../src/version.ts';

interface Cell {
  readonly service: Service;
  readonly world: World;
  readonly server: AnsweringServer;
  /** The forms that the token endpoint got. */
  readonly forms: () => Record<string, string>[];
  /** The credentials that the API got. */
  readonly shown: () => unknown[];
  /** Asks the API for something. */
  readonly ask: () => Promise<number>;
}

/** A cell whose token endpoint answers with `token`; it accepts the tokens that `accepts` says. */
async function cellWith(
  token: (form: Record<string, string>, count: number) => Reply,
  accepts: (authorization: unknown) => boolean = () => true,
  password = secretOf('pass-one'),
): Promise<Cell> {
  let count = 0;
  const handler: Handler = (seen: Seen) => {
    if (seen.target === '/__token') return token(formOf(seen), (count += 1));
    return { status: accepts(seen.headers['authorization']) ? 200 : 401, body: {} };
  };
  const server = await serve(handler);
  const world = apiWorld();
  const account = accountOf('personium', { baseUrl: server.origin, username: 'me' }, { password });
  const service = serviceOf(account, world);
  const to = (path: string): Seen[] =>
    server.seen.filter(({ target }) => (target === '/__token') === (path === 'token'));
  return {
    service,
    world,
    server,
    forms: () => to('token').map(formOf),
    shown: () => to('api').map(({ headers }) => headers['authorization']),
    async ask() {
      const { status } = await service.client.ask({
        method: 'GET',
        url: new URL('/__export', server.origin),
        credentials: true,
        idleTimeoutMs: 1000,
        urgency: 'urgent',
        signal: world.context.signal,
      });
      return status;
    },
  };
}

function formOf({ body }: Seen): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}

const granted = (count: number, more: object = {}): Reply => ({
  body: { access_token: `access-${count}`, token_type: 'Bearer', expires_in: 3600, ...more },
});
const PASSWORD_FORM = { grant_type: 'password', username: 'me', password: 'pass-one', scope: 'root' };

describe('a token for user and password', () => {
  it('is asked for once, however many requests wait for it', async () => {
    const cell = await cellWith((_, count) => granted(count));
    await Promise.all(Array.from({ length: 8 }, async () => await cell.ask()));
    await cell.ask();
    expect(cell.forms()).toEqual([PASSWORD_FORM]);
    expect(cell.server.seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(cell.server.seen[0]?.headers['user-agent']).toBe(USER_AGENT);
    expect(new Set(cell.shown())).toEqual(new Set(['Bearer access-1']));
  });

  it('is renewed shortly before its end, by its refresh token', async () => {
    const cell = await cellWith((_, count) => granted(count, { refresh_token: `refresh-${count}` }));
    await cell.ask();
    cell.world.clock.advance(3_560_000);
    await cell.ask();
    cell.world.clock.advance(15_000);
    await cell.ask();
    expect(cell.forms()).toEqual([
      PASSWORD_FORM,
      { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
    ]);
    expect(cell.shown()).toEqual(['Bearer access-1', 'Bearer access-1', 'Bearer access-2']);
  });

  it('is asked for with the password again when the refresh token is refused', async () => {
    const cell = await cellWith(({ grant_type }, count) =>
      grant_type === 'refresh_token' ? { status: 401, body: {} } : granted(count, { refresh_token: 'r-1' }),
    );
    await cell.ask();
    cell.world.clock.advance(3_600_000);
    await cell.ask();
    expect(cell.forms().map(({ grant_type }) => grant_type)).toEqual([
      'password',
      'refresh_token',
      'password',
    ]);
  });

  it('is asked for with a password that is read again, as it may have changed', async () => {
    const cell = await cellWith((_, count) => granted(count), undefined, secretOf('pass-one', 'pass-two'));
    await cell.ask();
    cell.world.clock.advance(3_600_000);
    await cell.ask();
    expect(cell.forms().map(({ password }) => password)).toEqual(['pass-one', 'pass-two']);
  });

  it('is kept for ever when the endpoint names no end', async () => {
    const cell = await cellWith(() => ({ body: { access_token: 'for-ever' } }));
    await cell.ask();
    cell.world.clock.advance(1e10);
    await cell.ask();
    expect(cell.forms()).toHaveLength(1);
  });

  it('is renewed when the API refuses it, and the request is sent once more', async () => {
    const cell = await cellWith(
      (_, count) => granted(count),
      (shown) => shown === 'Bearer access-2',
    );
    expect(await cell.ask()).toBe(200);
    expect(cell.shown()).toEqual(['Bearer access-1', 'Bearer access-2']);
  });

  it('is renewed only once for a request', async () => {
    const cell = await cellWith(
      (_, count) => granted(count),
      () => false,
    );
    expect(await cell.ask()).toBe(401);
    expect(cell.shown()).toEqual(['Bearer access-1', 'Bearer access-2']);
  });

  it('is masked from the moment when it is there, and so is its refresh token', async () => {
    const cell = await cellWith((_, count) => granted(count, { refresh_token: 'refresh-1' }));
    await cell.ask();
    expect(cell.world.redactor.mask('access-1 and refresh-1')).toBe('*** and ***');
  });
});

describe('the token endpoint', () => {
  it.each([400, 401, 403])('refuses a wrong password with %d, which is told with a hint', async (status) => {
    const cell = await cellWith(() => ({ status, body: { error: 'invalid_grant' } }));
    const failure = cell.ask();
    await expect(failure).rejects.toThrow(DeniedError);
    await expect(failure).rejects.toThrow(`refused username and password (HTTP ${status})`);
    await expect(failure).rejects.toMatchObject({ hint: expect.stringContaining('password') as string });
    expect(cell.shown()).toEqual([]);
  });

  it.each([408, 425, 429, 500, 503])('may fail for now (%d)', async (status) => {
    const cell = await cellWith(() => ({ status, body: 'busy' }));
    await expect(cell.ask()).rejects.toThrow(TryAgainError);
  });

  it.each([
    ['a page', '<html>Log in', '/__token: the answer (HTTP 200) is not JSON'],
    ['half an answer', '{"access_token":"acc', 'is not JSON'],
    ['nothing', '', 'the token endpoint answered nothing'],
  ])('that answers %s may be better next time', async (_, body, message) => {
    const cell = await cellWith(() => ({ body }));
    await expect(cell.ask()).rejects.toThrow(UnreadableAnswerError);
    await expect(cell.ask()).rejects.toThrow(message);
  });

  it('tells how long to wait', async () => {
    const cell = await cellWith(() => ({ status: 429, headers: { 'retry-after': '42' } }));
    await expect(cell.ask()).rejects.toMatchObject({ retryAfterMs: 42_000 });
  });

  it.each([302, 404, 410, 501])(
    'that answers %d is none, which is no word about an export',
    async (status) => {
      const cell = await cellWith(() => ({ status }));
      await expect(cell.ask()).rejects.toThrow(ProtocolError);
      await expect(cell.ask()).rejects.toThrow(`the token endpoint answered ${status}`);
    },
  );

  it('that answers without a token is none either', async () => {
    const cell = await cellWith(() => ({ body: { token: 'x' } }));
    await expect(cell.ask()).rejects.toThrow('answered without an access_token');
  });

  it('is asked again after it has failed', async () => {
    const cell = await cellWith((_, count) => (count === 1 ? { status: 503 } : granted(count)));
    await expect(cell.ask()).rejects.toThrow(TryAgainError);
    expect(await cell.ask()).toBe(200);
  });
});
