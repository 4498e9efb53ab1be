import { describe, expect, it } from 'vitest';

import { checkProfile } from '../../../src/profiles/load.ts';
import type { Profile } from '../../../src/profiles/schema.ts';
import type { Redactor } from '../../../src/secrets.ts';
import { serve } from '../../helpers/answers.ts';
import { accountOf, apiWorld, secretOf, serviceOf } from '../../helpers/api.ts';

/** A profile whose only interest is how it authenticates. */
function profileWith(auth: Record<string, unknown>): Profile {
  const secret = (description: string): Record<string, unknown> => ({ description, secret: true });
  return checkProfile(
    {
      profile: 1,
      name: 'acme',
      title: 'Acme',
      variables: {
        baseUrl: { description: 'root' },
        user: { description: 'user' },
        key: secret('key'),
        peer: secret('peer'),
      },
      id: { pattern: '.+', description: 'id', example: '1' },
      auth: [auth],
      status: { request: { url: '{+baseUrl}/{id}' }, state: 'body.state', states: { done: 'ready' } },
      files: [{ url: 'body.url' }],
    },
    'acme.yaml',
  );
}

/** What a server sees of a request to `/jobs?a=1`. */
async function sentWith(
  auth: Record<string, unknown>,
): Promise<{ headers: object; target: string; redactor: Redactor }> {
  const { origin, seen } = await serve([{ body: {} }]);
  const world = apiWorld();
  const url = new URL('/jobs?a=1', origin);
  const account = accountOf(
    profileWith(auth),
    { baseUrl: origin, user: 'Zoë' },
    { key: 'k3y=: secret', peer: 'pe&er' },
  );
  await serviceOf(account, world).client.ask({
    method: 'GET',
    url,
    credentials: true,
    idleTimeoutMs: 1000,
    urgency: 'urgent' as const,
    signal: world.context.signal,
  });
  // What was added for the wire is no part of the request that was asked for.
  expect(url.href).toBe(`${origin}/jobs?a=1`);
  return { ...seen[0]!, redactor: world.redactor };
}

describe('a credential', () => {
  it('goes into the header that the profile names', async () => {
    const { headers } = await sentWith({ scheme: 'header', header: 'X-Api-Key', value: 'key' });
    expect(headers).toMatchObject({ 'x-api-key': 'k3y=: secret' });
    expect(headers).not.toHaveProperty('authorization');
  });

  it('goes out as a Bearer token', async () => {
    const { headers } = await sentWith({ scheme: 'bearer', token: 'key' });
    expect(headers).toMatchObject({ authorization: 'Bearer k3y=: secret' });
  });

  it('goes out as user and password in UTF-8 (RFC 7617)', async () => {
    const { headers, redactor } = await sentWith({ scheme: 'basic', username: 'user', password: 'key' });
    const pair = Buffer.from('Zoë:k3y=: secret', 'utf8').toString('base64');
    expect(headers).toMatchObject({ authorization: `Basic ${pair}` });
    expect(redactor.mask(pair)).toBe('***');
  });

  it('goes out as a user alone, where the key is the user name', async () => {
    const { headers } = await sentWith({ scheme: 'basic', username: 'key' });
    const pair = Buffer.from('k3y=: secret:', 'utf8').toString('base64');
    expect(headers).toMatchObject({ authorization: `Basic ${pair}` });
  });

  it('goes out in the query', async () => {
    const { headers, target } = await sentWith({ scheme: 'query', parameter: 'api_key', value: 'key' });
    expect(target).toBe('/jobs?a=1&api_key=k3y%3D%3A+secret');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('may be none', async () => {
    const { headers, target } = await sentWith({ scheme: 'none' });
    expect(target).toBe('/jobs?a=1');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('is exchanged for a token by the client itself (RFC 6749, 4.4)', async () => {
    const { origin, seen } = await serve(({ target }) =>
      target === '/token' ? { body: { access_token: 'given-token', expires_in: 60 } } : { body: {} },
    );
    const auth = {
      scheme: 'oauth-client',
      tokenUrl: '{+baseUrl}/token',
      clientId: 'user',
      clientSecret: 'key',
      scope: 'read',
      parameters: { audience: 'baseUrl' },
    };
    const world = apiWorld();
    const account = accountOf(profileWith(auth), { baseUrl: origin, user: 'Zoë' }, { key: 'k3y' });
    const turn = { urgency: 'poll', signal: world.context.signal } as const;
    await serviceOf(account, world)
      .look('1', turn)
      .catch(() => undefined);
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'Zoë',
      client_secret: 'k3y',
      scope: 'read',
      audience: origin,
    });
    expect(seen[1]?.headers['authorization']).toBe('Bearer given-token');
    expect(world.redactor.mask('given-token')).toBe('***');
  });

  it('goes out as a cookie, with its peer in the query', async () => {
    const { headers, target } = await sentWith({
      scheme: 'cookie',
      cookie: 'p_cookie',
      value: 'key',
      query: { p_cookie_peer: 'peer' },
    });
    expect(headers).toMatchObject({ cookie: 'p_cookie=k3y=: secret' });
    expect(target).toBe('/jobs?a=1&p_cookie_peer=pe%26er');
  });
});

describe('a credential that is refused', () => {
  async function askWith(secret: ReturnType<typeof secretOf>): Promise<{ status: number; keys: unknown[] }> {
    const { origin, seen } = await serve(({ headers }) => ({
      status: headers['x-api-key'] === 'fresh-key' ? 200 : 401,
      body: {},
    }));
    const profile = profileWith({ scheme: 'header', header: 'x-api-key', value: 'key' });
    const world = apiWorld();
    const { client } = serviceOf(accountOf(profile, { baseUrl: origin }, { key: secret }), world);
    const url = new URL('/jobs', origin);
    const request = {
      method: 'GET',
      url,
      credentials: true,
      idleTimeoutMs: 1000,
      urgency: 'urgent' as const,
      signal: world.context.signal,
    };
    const { status } = await client.ask(request);
    return { status, keys: seen.map(({ headers }) => headers['x-api-key']) };
  }

  it('is read again from a source that may have changed, and sent once more', async () => {
    expect(await askWith(secretOf('stale-key', 'fresh-key'))).toEqual({
      status: 200,
      keys: ['stale-key', 'fresh-key'],
    });
  });

  it('is not sent again when its source gives the same', async () => {
    expect(await askWith(secretOf('stale-key', 'stale-key'))).toEqual({ status: 401, keys: ['stale-key'] });
  });

  it('is not sent again when its source cannot change', async () => {
    expect(await askWith(secretOf('stale-key'))).toEqual({ status: 401, keys: ['stale-key'] });
  });

  it('is renewed only once, whatever its source goes on to give', async () => {
    const { status, keys } = await askWith(secretOf('stale-1', 'stale-2', 'fresh-key'));
    expect({ status, keys }).toEqual({ status: 401, keys: ['stale-1', 'stale-2'] });
  });
});
