import { describe, expect, it } from 'vitest';

import type { Link } from '../../../src/api/link.ts';
import { DeniedError, GoneError, TryAgainError } from '../../../src/errors.ts';
import { noise } from '../../helpers/bytes.ts';
import { inOrder, startScriptedServer, type RecordedRequest } from '../../helpers/scripted-server.ts';
import { API_KEY, EXPIRED, PATIENTLY, inWorld, type World } from '../world.ts';

const bytes = noise(60_000);
const file = { bytes, etag: '"v1"' };
/** Of a link that was handed out long ago. */
const OLD = { issuedAt: 0 };

const ranges = ({ server }: World) => server.requests.map(({ headers }) => headers.range);
const signatures = ({ server }: World) => server.requests.map(({ query }) => query.get('sig'));
const statuses = ({ server }: World) => server.requests.map(({ status }) => status);

/** Lets time pass while the first request is answered, so that its link is old when it is used again. */
const slowly = (world: World, ms: number, cutAfter: number) => {
  const expired = world.server.fault;
  let isFirst = true;
  world.server.fault = (request) => {
    const fault = expired(request);
    if (!isFirst || fault !== undefined) return fault;
    isFirst = false;
    world.clock.advance(ms);
    return { cutAfter };
  };
};

describe('a link that dies', () => {
  it.each([403, 401, 404, 410, 400])(
    'is renewed once when it is refused with %i, and the file goes on',
    async (status) => {
      await inWorld({ files: { 'a.csv': file } }, async (world) => {
        let isFirst = true;
        world.server.fault = ({ query }) => {
          if (query.get('sig') !== '1') return undefined;
          if (!isFirst) return { ...EXPIRED, status };
          isFirst = false;
          world.clock.advance(30_000);
          return { cutAfter: 40_000 };
        };
        expect((await world.save()).failures).toEqual([]);
        expect(await world.read('a.csv')).toEqual(bytes);
        expect(statuses(world)).toEqual([200, status, 206]);
        expect(ranges(world)).toEqual([undefined, 'bytes=40000-', 'bytes=40000-']);
        expect(world.renewals).toBe(1);
        expect(world.events).toContainEqual(
          expect.objectContaining({ type: 'link.renewed', file: 'a.csv', reason: `refused with ${status}` }),
        );
      });
    },
  );

  it('is renewed, however new it is, when it was good for one use', async () => {
    await inWorld({ files: { 'a.csv': file } }, async (world) => {
      const used = new Set<string>();
      world.server.fault = ({ query }) => {
        const sig = query.get('sig') ?? '';
        if (used.has(sig)) return { ...EXPIRED, status: 410 };
        used.add(sig);
        return used.size < 3 ? { cutAfter: 20_000 } : undefined;
      };
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(world.renewals).toBe(2);
    });
  });

  it('is renewed before its use when its end is known: the dead one is never asked', async () => {
    await inWorld({ files: { 'a.csv': file }, lifetimeMs: 30_000, tellExpiry: true }, async (world) => {
      slowly(world, 30_000, 40_000);
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(statuses(world)).toEqual([200, 206]);
      expect(signatures(world)).toEqual(['1', '2']);
    });
  });

  it('is renewed as often as it dies, while bytes come', async () => {
    await inWorld({ files: { 'a.csv': file }, lifetimeMs: 30_000 }, async (world) => {
      const expired = world.server.fault;
      world.server.fault = (request) => {
        const fault = expired(request);
        world.clock.advance(30_000);
        return fault ?? { cutAfter: 10_000 };
      };
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(world.renewals).toBe(5);
    });
  });

  it('is renewed again when the new one dies in a wait that the store asked for', async () => {
    await inWorld({ files: { 'a.csv': file }, lifetimeMs: 30_000 }, async (world) => {
      const expired = world.server.fault;
      const busy = inOrder({ status: 503, headers: { 'retry-after': '60' } });
      slowly(world, 40_000, 40_000);
      const first = world.server.fault;
      world.server.fault = (request) =>
        expired(request) ?? (request.query.get('sig') === '2' ? busy() : first(request));
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(statuses(world)).toEqual([200, 403, 503, 403, 206]);
    });
  });
});

describe('the files of one export', () => {
  it('share one renewal when all their links die at once', async () => {
    const names = ['a.csv', 'b.csv', 'c.csv', 'd.csv'];
    const files = Object.fromEntries(
      names.map((name, at) => [name, { bytes: noise(50_000, at), etag: `"${at}"` }]),
    );
    await inWorld({ files, lifetimeMs: 30_000 }, async (world) => {
      const expired = world.server.fault;
      let begun = 0;
      world.server.fault = (request) => {
        if (request.headers.range !== undefined) return expired(request);
        begun += 1;
        if (begun === names.length) world.clock.advance(30_000);
        return { cutAfter: 20_000 };
      };
      expect((await world.save()).failures).toEqual([]);
      for (const name of names) expect(await world.read(name)).toEqual(files[name]?.bytes);
      expect(world.renewals).toBe(1);
    });
  });

  it('share the answer of the provider that there are none left', async () => {
    await inWorld({ files: { 'a.csv': file, 'b.csv': file }, link: OLD }, async (world) => {
      world.server.fault = () => EXPIRED;
      world.renew = async () => {
        await expect.poll(() => world.server.requests.length, PATIENTLY).toBe(2);
        throw new GoneError('the export is gone');
      };
      expect((await world.save()).failures).toMatchObject([{ exitCode: 11 }, { exitCode: 11 }]);
      expect(world.renewals).toBe(1);
    });
  });
});

describe('a refusal that is not for age', () => {
  it.each([
    [403, DeniedError, 77],
    [401, DeniedError, 77],
    [404, GoneError, 11],
    [410, GoneError, 11],
    [400, DeniedError, 77],
  ] as const)('of %i ends a fresh link at once, with its own exit code', async (status, type, exitCode) => {
    await inWorld({ files: { 'a.csv': file } }, async (world) => {
      world.server.fault = () => ({ ...EXPIRED, status });
      const { failures } = await world.save();
      expect(failures).toMatchObject([expect.any(type)]);
      expect(failures).toMatchObject([{ exitCode, message: expect.stringContaining('(AccessDenied)') }]);
      expect(statuses(world)).toEqual([status]);
      expect(world.renewals).toBe(0);
    });
  });

  it('of 403 ends an old link after the renewed one was refused as well', async () => {
    await inWorld({ files: { 'a.csv': file }, link: OLD }, async (world) => {
      world.server.fault = () => EXPIRED;
      expect((await world.save()).failures).toMatchObject([{ exitCode: 77 }]);
      expect(signatures(world)).toEqual(['1', '2']);
    });
  });

  it('ends also when the provider hands out links that are born dead', async () => {
    await inWorld({ files: { 'a.csv': file }, lifetimeMs: -1000, tellExpiry: true }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ exitCode: 77 }]);
      expect(world.server.requests.length).toBeLessThanOrEqual(2);
    });
  });

  it('ends when the provider no longer lists the file', async () => {
    await inWorld({ files: { 'a.csv': file }, link: OLD }, async (world) => {
      world.server.fault = () => EXPIRED;
      world.renew = () => Promise.resolve([]);
      expect((await world.save()).failures).toMatchObject([
        { exitCode: 11, message: expect.stringContaining('a.csv') },
      ]);
    });
  });

  it('passes the failure of a renewal on', async () => {
    await inWorld({ files: { 'a.csv': file }, link: OLD }, async (world) => {
      world.server.fault = () => EXPIRED;
      world.renew = () => Promise.reject(new TryAgainError('the API is down'));
      expect((await world.save()).failures).toMatchObject([{ exitCode: 75, message: 'the API is down' }]);
    });
  });
});

describe('the API’s credentials', () => {
  const carriers = (requests: readonly RecordedRequest[]) =>
    requests.filter(({ headers }) => JSON.stringify(headers).includes(API_KEY));

  it.each(['none', 'api'] as const)('never reach the host of a link: %s', async (auth) => {
    await inWorld({ files: { 'a.csv': file }, link: { auth } }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      expect(carriers(world.server.requests)).toEqual([]);
    });
  });

  it('go with a link on the API’s own origin that wants them, and not along a redirect', async () => {
    const store = await startScriptedServer();
    store.files.set('/files/a.csv', file);
    await inWorld({ files: { 'a.csv': file }, link: { auth: 'api' }, isApi: true }, async (world) => {
      world.server.fault = () => ({ status: 302, headers: { location: `${store.origin}/files/a.csv` } });
      store.fault = inOrder({ cutAfter: 40_000 });
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(carriers(world.server.requests)).toHaveLength(2);
      expect(store.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=40000-']);
      expect(carriers(store.requests)).toEqual([]);
    });
    await store.close();
  });

  it('stay at home when a link on the API’s own origin wants none', async () => {
    await inWorld({ files: { 'a.csv': file }, isApi: true }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      expect(carriers(world.server.requests)).toEqual([]);
    });
  });
});

it('never writes a link’s query to disk or tells it', async () => {
  const secret = 'c2VjcmV0LXNpZ25hdHVyZQ';
  await inWorld({ files: { 'a.csv': file } }, async (world) => {
    const url = new URL(`${world.server.origin}/files/a.csv?Signature=${secret}`);
    const issue = world.issue.bind(world);
    world.issue = (): Link[] => issue().map((link) => ({ ...link, url }));
    world.server.fault = () => ({ cutAfter: 40_000 });
    await world.save({ retries: 0 });
    world.server.fault = inOrder({ status: 500 });
    expect((await world.save()).failures).toEqual([]);
    expect(JSON.stringify(world.events)).not.toContain(secret);
    expect(await world.everythingOnDisk()).not.toContain(secret);
  });
});
