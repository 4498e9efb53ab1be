import { describe, expect, it } from 'vitest';

import type { ClientRequest } from '../../src/api/client-request.ts';
import { TransientError } from '../../src/api/failures.ts';
import type { HttpRequest } from '../../src/api/transport/http.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { checkProfile } from '../../src/profiles/load.ts';
import { InterruptedError, ProtocolError } from '../../src/errors.ts';
import type { Account } from '../../src/account.ts';
import { pretend, serve, type Reply } from '../helpers/answers.ts';
import { accountOf, apiWorld, secretOf, serviceOf } from '../helpers/api.ts';
import { USER_AGENT } from '../../src/version.ts';

const KEY = 'k-3141592653';

function webadmit(baseUrl: string, origins: string[] = []): Account {
  const profile = checkProfile({ ...loadBuiltin('webadmit'), origins }, 'webadmit');
  return accountOf(profile, { baseUrl }, { apiKey: KEY });
}

function get(url: string, signal: AbortSignal, change: Partial<ClientRequest> = {}): ClientRequest {
  return {
    method: 'GET',
    url: new URL(url),
    credentials: true,
    idleTimeoutMs: 1000,
    urgency: 'urgent',
    signal,
    ...change,
  };
}

/** Sends a request of `account` to hosts that are pretended; resolves with what was sent. */
async function sent(
  account: Account,
  url: string,
  answer: (request: HttpRequest) => Reply,
  change: Partial<ClientRequest> = {},
): Promise<HttpRequest[]> {
  const transport = pretend(answer);
  const world = apiWorld(transport);
  await serviceOf(account, world).client.open(get(url, world.context.signal, change));
  return transport.sent;
}

/** Redirects the first request to `location`, and answers the rest. */
function redirectTo(location: string, status = 302): (request: HttpRequest) => Reply {
  let hops = 0;
  return () => ((hops += 1) === 1 ? { status, headers: { location } } : { body: {} });
}

const API = 'https://api.example';

describe('credentials', () => {
  const shown = async (url: string, credentials = true): Promise<unknown[]> => {
    const requests = await sent(webadmit(API, ['https://files.example']), url, () => ({}), { credentials });
    return requests.map(({ headers }) => headers['x-api-key']);
  };

  it("go to the API's origin and to those that the profile lists", async () => {
    expect(await shown('https://api.example/x')).toEqual([KEY]);
    expect(await shown('https://files.example/x')).toEqual([KEY]);
  });

  it.each([
    'https://api.example:8443/x',
    'http://api.example/x',
    'https://api.example.evil.example/x',
    'https://evil.example/api.example',
    'https://sub.api.example/x',
    'https://api.example@evil.example/x',
  ])('do not go to %s', async (url) => {
    expect(await shown(url)).toEqual([undefined]);
  });

  it('stay at home when the request wants none', async () => {
    expect(await shown('https://api.example/x', false)).toEqual([undefined]);
  });
});

describe('a redirect', () => {
  it('to the same origin keeps the credentials', async () => {
    const requests = await sent(webadmit(API), `${API}/a`, redirectTo('/b?c=1'));
    expect(requests.map(({ url, headers }) => [url.href, headers['x-api-key']])).toEqual([
      [`${API}/a`, KEY],
      [`${API}/b?c=1`, KEY],
    ]);
  });

  const cookie = accountOf('personium', { baseUrl: API }, { cookie: 'c-27182', cookiePeer: 'p-16180' });
  const hmac = accountOf('mytracker-raw', { baseUrl: API, userId: 'u-1' }, { secretKey: 's-14142' });
  const bearer = accountOf('personium', { baseUrl: API }, { token: 't-17320' });

  it.each([
    ['a header', webadmit(API), /k-3141592653/],
    ['a cookie and its query', cookie, /c-27182.*p-16180|p-16180.*c-27182/s],
    ['AuthHMAC', hmac, /AuthHMAC u-1:/],
    ['a Bearer token', bearer, /t-17320/],
  ])('to another origin drops %s', async (_, account, credential) => {
    const requests = await sent(account, `${API}/a`, redirectTo('https://store.example/b'));
    const [first, second] = requests.map(({ url, headers }) => JSON.stringify([url, headers]));
    expect(first).toMatch(credential);
    expect(second).not.toMatch(/k-3141592653|c-27182|p-16180|u-1|t-17320|authorization|cookie/i);
    expect(requests[1]?.url.href).toBe('https://store.example/b');
  });

  it('drops them between two real servers', async () => {
    const store = await serve([{ body: { ok: true } }]);
    const api = await serve([{ status: 302, headers: { location: `${store.origin}/f` } }]);
    const world = apiWorld();
    const { client } = serviceOf(webadmit(api.origin), world);
    const { body, url } = await client.ask(get(`${api.origin}/a`, world.context.signal));
    expect(body).toEqual({ ok: true });
    expect(url.href).toBe(`${store.origin}/f`);
    expect(api.seen[0]?.headers['x-api-key']).toBe(KEY);
    expect(store.seen[0]?.headers).not.toHaveProperty('x-api-key');
  });

  const along = async (...places: string[]): Promise<unknown[]> => {
    const [first = '', ...others] = places;
    const requests = await sent(webadmit(API, ['https://files.example']), first, () => {
      const location = others.shift();
      return location === undefined ? {} : { status: 307, headers: { location } };
    });
    return requests.map(({ headers }) => headers['x-api-key']);
  };

  it('among the origins that may have the credentials keeps them, as often as it likes', async () => {
    expect(await along(`${API}/a`, `${API}/b`, 'https://files.example/c', `${API}/d`)).toEqual([
      KEY,
      KEY,
      KEY,
      KEY,
    ]);
  });

  it('from elsewhere brings no credentials back: it would choose what is asked with them', async () => {
    expect(await along(`${API}/a`, 'https://store.example/b', `${API}/c`, `${API}/d`)).toEqual([
      KEY,
      undefined,
      undefined,
      undefined,
    ]);
    expect(await along('https://store.example/b', `${API}/cancel`)).toEqual([undefined, undefined]);
  });

  const following = async (account: Account, location: string, change = {}): Promise<HttpRequest[]> => {
    const transport = pretend(redirectTo(location, 307));
    const world = apiWorld(transport);
    for (const secret of [KEY, 'c-27182', 'p-16180']) world.redactor.add(secret);
    const { client } = serviceOf(account, world);
    const asking = client.open(get(`${API}/a`, world.context.signal, change));
    await asking.catch((error: unknown) => {
      expect(error).toBeInstanceOf(ProtocolError);
      expect((error as Error).message).toBe(
        `GET ${API}/a: refusing a redirect that takes a secret to another origin`,
      );
    });
    return transport.sent;
  };

  it.each([
    'https://store.example/a?p_cookie_peer=p-16180',
    'https://store.example/%70%2D16180/',
    'https://p-16180.store.example/',
    'https://user:p-16180@store.example/',
    'https://store.example/?next=%2Fa%3Fp_cookie_peer%3D%2570-16180',
    'https://store.example/c-27182',
  ])('to %s, with a secret in it, is refused before it is sent', async (location) => {
    expect(await following(cookie, location)).toHaveLength(1);
    expect(await following(cookie, location, { credentials: false })).toHaveLength(1);
  });

  it('with a secret in it is followed to where that may go', async () => {
    expect(await following(cookie, `/b?p_cookie_peer=p-16180`)).toHaveLength(2);
    expect(
      await following(webadmit(API, ['https://files.example']), `https://files.example/${KEY}`),
    ).toHaveLength(2);
  });

  it('to a signed URL is followed: its signature is no secret of the account', async () => {
    const requests = await following(
      webadmit(API),
      'https://store.example/f?X-Amz-Signature=7f3a&sig=a%2Bb%3D',
    );
    expect(requests.map(({ url }) => url.search)).toEqual(['', '?X-Amz-Signature=7f3a&sig=a%2Bb%3D']);
  });

  const HEADERS = {
    headers: { range: 'bytes=1-' },
    ownHeaders: { 'x-tok': 'Bearer t-1', accept: 'text/csv' },
  };
  const headersAlong = async (...places: string[]): Promise<unknown[]> => {
    const requests = await sent(
      webadmit(API, ['https://files.example']),
      `${API}/a`,
      () => {
        const location = places.shift();
        return location === undefined ? {} : { status: 307, headers: { location } };
      },
      HEADERS,
    );
    return requests.map(({ headers: { range, 'x-tok': token, accept } }) => [range, token, accept]);
  };

  it('keeps the headers that the profile sets on their origin, and gives them to no other', async () => {
    const own = ['bytes=1-', 'Bearer t-1', 'text/csv'];
    const others = ['bytes=1-', undefined, undefined];
    expect(await headersAlong(`${API}/b`)).toEqual([own, own]);
    expect(await headersAlong('https://store.example/b', `${API}/c`)).toEqual([own, others, others]);
    expect(await headersAlong('https://files.example/b')).toEqual([own, others]);
  });

  it('from https to http is refused, and nothing is sent', async () => {
    const transport = pretend(redirectTo('http://api.example/b'));
    const world = apiWorld(transport);
    const asking = serviceOf(webadmit(API), world).client.open(get(`${API}/a`, world.context.signal));
    await expect(asking).rejects.toThrow('GET https://api.example/a: refusing a redirect from https to http');
    expect(transport.sent).toHaveLength(1);
  });

  it.each(['ftp://store.example/x', 'javascript:alert(1)', 'file:///etc/passwd', 'https://', 'http://a b/'])(
    'to %s leads nowhere',
    async (location) => {
      const asking = sent(webadmit(API), `${API}/a`, redirectTo(location));
      await expect(asking).rejects.toThrow(ProtocolError);
      await expect(asking).rejects.toThrow('the redirect leads nowhere');
    },
  );

  it('that goes round in circles ends', async () => {
    const { origin, seen } = await serve([{ status: 302, headers: { location: '/a' } }]);
    const world = apiWorld();
    const asking = serviceOf(webadmit(origin), world).client.open(get(`${origin}/a`, world.context.signal));
    await expect(asking).rejects.toThrow(`GET ${origin}/a: more than 5 redirects`);
    expect(seen).toHaveLength(6);
  });

  it.each([
    [301, 'GET', 'GET'],
    [302, 'GET', 'GET'],
    [303, 'GET', 'GET'],
    [307, 'GET', 'GET'],
    [308, 'GET', 'GET'],
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
    [301, 'DELETE', 'DELETE'],
    [302, 'PROPFIND', 'PROPFIND'],
    [303, 'PUT', 'GET'],
  ])('with %d turns %s into %s', async (status, method, then) => {
    const body = method === 'POST' ? { body: 'a=1' } : {};
    const requests = await sent(webadmit(API), `${API}/a`, redirectTo('/b', status), { method, ...body });
    expect(requests.map((request) => request.method)).toEqual([method, then]);
    expect(requests[1]?.body).toBe(then === 'POST' ? 'a=1' : undefined);
  });

  it.each([300, 304, 305])('is not what %d is', async (status) => {
    expect(await sent(webadmit(API), `${API}/a`, redirectTo('/b', status))).toHaveLength(1);
  });

  it('without a place to go is an answer', async () => {
    expect(await sent(webadmit(API), `${API}/a`, () => ({ status: 302 }))).toHaveLength(1);
  });
});

describe('a 401', () => {
  it('from a host that got no credentials does not renew them', async () => {
    const apiKey = secretOf('key-one', 'key-two');
    const answer = ({ url }: HttpRequest): Reply =>
      url.origin === API
        ? { status: 302, headers: { location: 'https://store.example/b' } }
        : { status: 401 };
    expect(await sent(accountOf('webadmit', { baseUrl: API }, { apiKey }), `${API}/a`, answer)).toHaveLength(
      2,
    );
    expect(apiKey.reads).toBe(1);
  });
});

describe('an answer', () => {
  it("carries the server's clock, else ours", async () => {
    const date = 'Mon, 06 May 2024 01:02:03 GMT';
    const world = apiWorld(
      pretend(({ url }) => ({ headers: url.pathname === '/dated' ? { date } : {}, body: {} })),
    );
    const { client } = serviceOf(webadmit(API), world);
    const at = async (path: string): Promise<number> =>
      (await client.ask(get(`${API}${path}`, world.context.signal))).serverNow;
    expect(await at('/dated')).toBe(Date.UTC(2024, 4, 6, 1, 2, 3));
    expect(await at('/undated')).toBe(world.clock.now());
  });

  it('that is not JSON is a protocol error with an excerpt and a hint', async () => {
    const { origin } = await serve([{ body: '<!doctype html>\n<title>Sign in</title>' }]);
    const world = apiWorld();
    const asking = serviceOf(webadmit(origin), world).client.ask(
      get(`${origin}/a?token=x`, world.context.signal),
    );
    await expect(asking).rejects.toThrow(
      `GET ${origin}/a: the answer (HTTP 200) is not JSON: <!doctype html> <title>Sign in</title>`,
    );
    await expect(asking).rejects.toMatchObject({
      exitCode: 76,
      hint: 'check baseUrl, and whether a proxy or a login page stands in between',
    });
  });

  it('that breaks off while it is read may be better next time', async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '99' }).write('{', () => response.req.socket.end());
      return undefined;
    });
    const world = apiWorld();
    const asking = serviceOf(webadmit(origin), world).client.ask(get(`${origin}/a`, world.context.signal));
    await expect(asking).rejects.toThrow(TransientError);
  });

  it('that is larger than 16 MiB is refused', async () => {
    const { origin } = await serve([{ body: Buffer.alloc(17 * 1024 * 1024, 0x20) }]);
    const world = apiWorld();
    const asking = serviceOf(webadmit(origin), world).client.ask(get(`${origin}/a`, world.context.signal));
    await expect(asking).rejects.toThrow(`GET ${origin}/a: the answer is larger than 16 MiB`);
  });

  it('is asked for without content coding', async () => {
    const [request] = await sent(webadmit(API), `${API}/a`, () => ({}));
    expect(request?.headers).toMatchObject({ 'accept-encoding': 'identity', 'user-agent': USER_AGENT });
  });
});

describe('a connection', () => {
  it('is kept between polls', async () => {
    const { origin, connections } = await serve([{ body: {} }]);
    const world = apiWorld();
    const { client } = serviceOf(webadmit(origin), world);
    for (let count = 0; count < 3; count += 1) {
      await client.ask(get(`${origin}/a`, world.context.signal));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(connections()).toBe(1);
  });

  it('ends with a body that nobody wants', async () => {
    let close = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const { origin } = await serve((_, response) => {
      response.once('close', close).writeHead(200).write('x');
      return undefined;
    });
    const world = apiWorld();
    const { response } = await serviceOf(webadmit(origin), world).client.open(
      get(`${origin}/a`, world.context.signal),
    );
    response.body.destroy();
    await closed;
  });

  it('ends at once when the run is interrupted, with the reason', async () => {
    const world = apiWorld();
    const reason = new InterruptedError('SIGINT');
    const { origin } = await serve(() => {
      world.abort(reason);
      return undefined;
    });
    const asking = serviceOf(webadmit(origin), world).client.ask(get(`${origin}/a`, world.context.signal));
    await expect(asking).rejects.toBe(reason);
  });
});

it('a validator that holds a secret is none: it would be written to disk', async () => {
  const headers = { etag: `"${KEY}"`, 'last-modified': 'Mon, 06 May 2024 07:08:09 GMT' };
  const world = apiWorld(pretend(() => ({ headers, body: '' })));
  world.redactor.add(KEY);
  const { client } = serviceOf(webadmit(API), world);
  const { response } = await client.open(get(`${API}/x`, world.context.signal));
  expect(response.headers).not.toHaveProperty('etag');
  expect(response.headers).toHaveProperty('last-modified');
});
