import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { Account, SecretSource } from '../../../src/account.ts';
import { configuredSecret } from '../../../src/config/credentials/secrets.ts';
import type { DeniedError } from '../../../src/errors.ts';
import { loadBuiltin } from '../../../src/profiles/load-builtin.ts';
import { checkProfile } from '../../../src/profiles/load.ts';
import { verifyAuthHmac } from '../../../src/sandbox/authhmac.ts';
import { serve, type Handler, type Reply, type Seen } from '../../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf, type World } from '../../helpers/api.ts';

const LOOKS = 20;
const OLD = 'the-key-of-last-week';
const NEW = 'the-key-of-this-week';

/** A secret that a real program prints, or that is in a file; and how often the program was run. */
function changingSecret(
  kind: 'command' | 'file',
  world: World,
): { secret: SecretSource; set: (value: string) => void; runs: () => number } {
  const directory = mkdtempSync(join(tmpdir(), 'exportpoll-secret-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [file, log] = [join(directory, 'secret'), join(directory, 'log')];
  writeFileSync(log, '');
  const value =
    kind === 'file'
      ? { file }
      : { command: ['sh', '-c', 'echo run >>log; cat secret'] as [string, ...string[]] };
  const context = { ...world.context, env: { PATH: process.env['PATH'] } };
  return {
    secret: configuredSecret(value, { at: 'a test', directory }, context),
    set: (text) => writeFileSync(file, `${text}\n`),
    runs: () => readFileSync(log, 'utf8').split('\n').length - 1,
  };
}

/** How each scheme says that it may come in, given the key that is good now. */
type IsGood = (seen: Seen, key: string, origin: string) => boolean;

const basic = (key: string): string => `Basic ${Buffer.from(`me:${key}`).toString('base64')}`;
const schemes: readonly [scheme: string, auth: Record<string, unknown>, isGood: IsGood][] = [
  ['header', { header: 'X-Api-Key', value: 'key' }, ({ headers }, key) => headers['x-api-key'] === key],
  ['bearer', { token: 'key' }, ({ headers }, key) => headers['authorization'] === `Bearer ${key}`],
  [
    'basic',
    { username: 'user', password: 'key' },
    ({ headers }, key) => headers['authorization'] === basic(key),
  ],
  ['cookie', { cookie: 'c', value: 'key' }, ({ headers }, key) => headers['cookie'] === `c=${key}`],
  [
    'authhmac',
    { user: 'user', secret: 'key' },
    ({ headers, method, target, body }, key, origin) =>
      verifyAuthHmac(
        headers['authorization'] as string,
        { method, url: `${origin}${target}`, body },
        'me',
        key,
      ),
  ],
];

const variables = {
  baseUrl: { description: 'root' },
  user: { description: 'user' },
  key: { description: 'key', secret: true },
};

function accountWith(auth: object, baseUrl: string, key: SecretSource, errors: object = {}): Account {
  const profile = checkProfile({ ...loadBuiltin('webadmit'), variables, auth: [auth], errors }, 'acme');
  return accountOf(profile, { baseUrl, user: 'me' }, { key });
}

const READY: Reply = { body: { export_files: { status: 'In Progress' } } };

/** Holds the first `count` requests back until all of them are here, so that they were sent with the same credential. */
function together(count: number, answer: (seen: Seen) => Reply): Handler {
  const held: (() => void)[] = [];
  let arrived = 0;
  return (seen, response) => {
    const reply = answer(seen);
    const send = (): void =>
      void response
        .writeHead(reply.status ?? 200)
        .end(reply.body === undefined ? '' : JSON.stringify(reply.body));
    arrived += 1;
    if (arrived <= count) held.push(send);
    else send();
    if (arrived === count) for (const release of held) release();
    return undefined;
  };
}

/** Looks at many exports at once, and tells how each look ended: with a state or an exit code. */
async function looks(account: Account, world: World): Promise<Set<unknown>> {
  const service = serviceOf(account, world);
  const turn = { urgency: 'urgent', signal: world.context.signal } as const;
  const found = Array.from({ length: LOOKS }, async (_, index) => await service.look(`1/${index}`, turn));
  return new Set(
    (await Promise.allSettled(found)).map((result) =>
      result.status === 'fulfilled' ? result.value.state : (result.reason as DeniedError).exitCode,
    ),
  );
}

/** At once, by the limit of what is in flight for one account. */
const AT_ONCE = 16;

describe.each(schemes)('a credential of scheme %s that dies while many look', (scheme, auth, isGood) => {
  it.each(['command', 'file'] as const)('is read once more from its %s', async (kind) => {
    const world = apiWorld();
    const { secret, set, runs } = changingSecret(kind, world);
    set(OLD);
    await secret.read(world.context.signal);
    set(NEW);
    const server = await serve(
      together(AT_ONCE, (seen) => (isGood(seen, NEW, server.origin) ? READY : { status: 401 })),
    );
    const account = accountWith({ scheme, ...auth }, server.origin, secret);
    expect(await looks(account, world)).toEqual(new Set(['running']));
    expect(runs()).toBe(kind === 'command' ? 2 : 0);
    expect(server.seen).toHaveLength(LOOKS + AT_ONCE);
  });
});

describe('a refusal', () => {
  const header = { scheme: 'header', header: 'x-api-key', value: 'key' };
  const errors = { status: 'body.code', credentialRefused: [401, 403] };
  const envelope = (code: number): Reply => ({ body: { code, ...(READY.body as object) } });

  it('is given up, with its connection, where no other credential is to be had', async () => {
    const world = apiWorld();
    const { secret, set } = changingSecret('file', world);
    set(OLD);
    await secret.read(world.context.signal);
    let closed: Promise<unknown> | undefined;
    const { origin } = await serve((_, response) => {
      closed = once(response, 'close');
      response.writeHead(401).write('without an end');
      // A secret that has a line break in it is none.
      set('two\nlines');
      return undefined;
    });
    const opening = serviceOf(accountWith(header, origin, secret), world).client.open({
      method: 'GET',
      url: new URL('/file', origin),
      credentials: true,
      large: true,
      idleTimeoutMs: 30_000,
      urgency: 'urgent',
      signal: world.context.signal,
    });
    await expect(opening).rejects.toThrow('has a line break');
    await closed;
  });

  it.each([
    ['by another status', { status: 403 }],
    ['in an envelope', envelope(403)],
  ])('%s renews the credential where the profile says so', async (_, refusal) => {
    const world = apiWorld();
    const { secret, set, runs } = changingSecret('command', world);
    set(OLD);
    await secret.read(world.context.signal);
    set(NEW);
    const server = await serve(
      together(AT_ONCE, ({ headers }) => (headers['x-api-key'] === NEW ? envelope(200) : refusal)),
    );
    expect(await looks(accountWith(header, server.origin, secret, errors), world)).toEqual(
      new Set(['running']),
    );
    expect(runs()).toBe(2);
  });

  it('by a status that is about something else renews nothing', async () => {
    const world = apiWorld();
    const { secret, set, runs } = changingSecret('command', world);
    set(OLD);
    const { origin, seen } = await serve([{ status: 403 }]);
    expect(await looks(accountWith(header, origin, secret), world)).toEqual(new Set([77]));
    expect(runs()).toBe(1);
    expect(seen).toHaveLength(LOOKS);
  });

  it.each([
    ['another one each time', (count: number) => `key-number-${count}`, 2 * AT_ONCE + (LOOKS - AT_ONCE)],
    ['the same again', () => OLD, LOOKS],
  ])('of what the source gives anew, %s, is final for all', async (_, next, requests) => {
    const world = apiWorld();
    let reads = 0;
    let value: string | undefined;
    const key: SecretSource = {
      description: 'a test',
      read: async () => {
        const { Secret } = await import('../../../src/secrets.ts');
        return new Secret((value ??= next((reads += 1))));
      },
      forget() {
        value = undefined;
        return true;
      },
    };
    const server = await serve(together(AT_ONCE, () => ({ status: 401 })));
    expect(await looks(accountWith(header, server.origin, key), world)).toEqual(new Set([77]));
    expect(reads).toBe(2);
    expect(server.seen).toHaveLength(requests);
  });

  it('after the credential was accepted renews it again', async () => {
    const world = apiWorld();
    const { secret, set, runs } = changingSecret('command', world);
    let good = 'key-number-1';
    set(good);
    const { origin } = await serve(({ headers }) =>
      headers['x-api-key'] === good ? READY : { status: 401 },
    );
    const account = accountWith(header, origin, secret);
    const service = serviceOf(account, world);
    for (let count = 1; count <= 4; count += 1) {
      set((good = `key-number-${count}`));
      const turn = { urgency: 'urgent', signal: world.context.signal } as const;
      expect(await service.look('1/2', turn)).toMatchObject({ state: 'running' });
    }
    expect(runs()).toBe(4);
  });
});

describe('a token that dies while many look', () => {
  interface Cell {
    readonly ended: Set<unknown>;
    readonly grants: unknown[];
  }
  /** A cell that accepts the tokens and forms that it is told to. */
  async function cell(
    isGood: (token: number) => boolean,
    token: (form: URLSearchParams, count: number) => Reply | undefined = () => undefined,
  ): Promise<Cell> {
    const world = apiWorld();
    const forms: URLSearchParams[] = [];
    const api = together(AT_ONCE, ({ headers }) => {
      const count = Number(/access-(\d+)/.exec(String(headers['authorization']))?.[1]);
      return isGood(count) ? READY : { status: 401 };
    });
    const server = await serve((seen, response) => {
      if (seen.target !== '/__token') return api(seen, response);
      const form = new URLSearchParams(seen.body);
      forms.push(form);
      const granted = { access_token: `access-${forms.length}`, refresh_token: `r-${forms.length}xx` };
      return token(form, forms.length) ?? { body: granted };
    });
    const auth = {
      scheme: 'oauth-password',
      tokenUrl: '{+baseUrl}/__token',
      username: 'user',
      password: 'key',
    };
    const source: SecretSource = accountOf('webadmit', { baseUrl: server.origin }, { apiKey: 'password-1' })
      .secrets['apiKey']!;
    const ended = await looks(accountWith(auth, server.origin, source), world);
    return { ended, grants: forms.map((form) => form.get('grant_type')) };
  }

  it('is renewed once', async () => {
    expect(await cell((count) => count > 1)).toEqual({
      ended: new Set(['running']),
      grants: ['password', 'refresh_token'],
    });
  });

  it('is asked for with the password, once, when its refresh token is refused', async () => {
    const refuse = (form: URLSearchParams): Reply | undefined =>
      form.get('grant_type') === 'refresh_token' ? { status: 400, body: {} } : undefined;
    expect(await cell((count) => count > 1, refuse)).toEqual({
      ended: new Set(['running']),
      grants: ['password', 'refresh_token', 'password'],
    });
  });

  it('is not asked for without end when every token is refused', async () => {
    expect(await cell(() => false)).toEqual({ ended: new Set([77]), grants: ['password', 'refresh_token'] });
  });

  it('is not asked for again with a password that was refused: that could lock the account', async () => {
    const refuse = (_: URLSearchParams, count: number): Reply | undefined =>
      count > 1 ? { status: 401, body: {} } : undefined;
    expect(await cell(() => false, refuse)).toEqual({
      ended: new Set([77]),
      grants: ['password', 'refresh_token', 'password'],
    });
    expect(
      (
        await cell(
          () => false,
          () => ({ status: 400 }),
        )
      ).grants,
    ).toEqual(['password']);
  });
});
