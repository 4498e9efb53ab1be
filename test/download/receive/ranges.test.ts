import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { planRanges, planSegments } from '../../../src/download/receive/ranges.ts';
import { noise } from '../../helpers/bytes.ts';
import { inOrder, type Fault, type RecordedRequest, type RemoteFile } from '../../helpers/scripted-server.ts';
import { inWorld, PATIENTLY, type World } from '../world.ts';

const MIB = 1024 * 1024;
const bytes = noise(3 * MIB + 12_345);
const file: RemoteFile = { bytes, etag: '"v1"', headers: { 'accept-ranges': 'bytes' } };
/** So many that segments are of half a MiB. */
const CONNECTIONS = 16;

/** Saves `a.csv` over several connections; `fault` decides about each request. */
async function save(
  remote: RemoteFile,
  fault: (request: RecordedRequest, count: number, world: World) => Fault | undefined,
  check: (world: World, outcome: Awaited<ReturnType<World['save']>>) => Promise<void>,
): Promise<void> {
  const settings = { connections: CONNECTIONS };
  await inWorld({ files: { 'a.csv': remote }, settings }, async (world) => {
    let count = 0;
    world.server.fault = (request) => fault(request, (count += 1), world);
    await check(world, await world.save());
  });
}

async function landed(world: World, { failures }: Awaited<ReturnType<World['save']>>): Promise<void> {
  expect(failures).toEqual([]);
  expect((await world.read('a.csv')).equals(bytes)).toBe(true);
  expect(await world.leftovers()).toEqual([]);
}

/** What a server says that has too much to do. */
const BUSY = { status: 503 };

/** Leaves the first `length` bytes for the next run. */
async function keepFirst(world: World, length: number): Promise<void> {
  world.server.fault = () => ({ cutAfter: length });
  expect((await world.save({ connections: 1, retries: 0 })).failures).toHaveLength(1);
}

const warningsOf = ({ events }: World): unknown[] => events.filter(({ type }) => type === 'warning');

const rangesOf = ({ server }: World): (string | undefined)[] =>
  server.requests.map(({ headers }) => headers.range);

describe('segments', () => {
  it('have every byte once and in order', () => {
    const numbers = fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.integer({ min: 1, max: 3000 }));
    fc.assert(
      fc.property(numbers, ([start, length, size]) => {
        let at = start;
        for (const segment of planSegments(start, start + length, size)) {
          expect(segment.start).toBe(at);
          expect(segment.end - segment.start).toBeGreaterThan(0);
          expect(segment.end - segment.start).toBeLessThanOrEqual(size);
          at = segment.end;
        }
        expect(at).toBe(start + length);
      }),
    );
  });

  it.each([2, 3, 8, 16, 100, 1000])(
    'of %i connections are neither tiny nor more than memory bears',
    (connections) => {
      const plan = planRanges(
        { start: 0, total: 1e12, connections },
        { status: 206, headers: {} },
        '"v1"',
      ) ?? { size: 0, connections: 0 };
      expect(plan.size).toBeGreaterThanOrEqual(256 * 1024);
      expect(2 * plan.connections * plan.size).toBeLessThanOrEqual(16 * MIB);
      expect(plan.connections).toBe(Math.min(connections, 32));
    },
  );

  const whole = { status: 200, headers: { 'accept-ranges': 'bytes' } };
  it.each([
    ['one connection', { total: 1e9, connections: 1 }, whole, '"v1"'],
    ['a length that nobody tells', { total: undefined, connections: 8 }, whole, '"v1"'],
    ['no strong entity tag', { total: 1e9, connections: 8 }, whole, undefined],
    [
      'a server that speaks of no ranges',
      { total: 1e9, connections: 8 },
      { status: 200, headers: {} },
      '"v1"',
    ],
    ['little that is left', { total: 1e6, connections: 8 }, whole, '"v1"'],
  ])('are none with %s', (_, file, response, etag) => {
    expect(planRanges({ start: 0, ...file }, response, etag)).toBeUndefined();
  });
});

describe('a file over several connections', () => {
  it('is fetched in ranges that have every byte once', async () => {
    await save(
      file,
      () => undefined,
      async (world, outcome) => {
        await landed(world, outcome);
        const [first, ...others] = rangesOf(world);
        expect(first).toBeUndefined();
        const wanted = Array.from({ length: 6 }, (_, n) => {
          const [from, to] = [(n + 1) * (MIB / 2), Math.min((n + 2) * (MIB / 2), bytes.length)];
          return `bytes=${from}-${to - 1}`;
        });
        expect(others).toEqual(wanted);
      },
    );
  });

  it('does not look like a leak to Node, however many there are', async () => {
    const warned = vi.fn();
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    const large = { ...file, bytes: noise(12 * MIB) };
    await inWorld({ files: { 'a.csv': large }, settings: { connections: CONNECTIONS } }, async (world) => {
      world.server.fault = () => ({ stallAfter: 1000 });
      const running = world.save();
      await vi.waitFor(() => expect(world.server.sending()).toBe(CONNECTIONS), PATIENTLY);
      world.interruption.abort(new Error('interrupted'));
      await expect(running).rejects.toThrow('interrupted');
    });
    expect(warned).not.toHaveBeenCalled();
  });

  it('waits in memory up to 16 MiB, however many connections there may be', async () => {
    const large = { ...file, bytes: noise(20 * MIB) };
    await inWorld({ files: { 'a.csv': large }, settings: { connections: 256 } }, async (world) => {
      world.server.fault = ({ headers }) => (headers.range === undefined ? { stallAfter: 0 } : undefined);
      const running = world.save();
      await vi.waitFor(() => expect(world.server.requests.length).toBeGreaterThanOrEqual(64), PATIENTLY);
      // All that there is room for has come.
      await vi.waitFor(() => expect(world.server.sending()).toBe(1), PATIENTLY);
      expect(world.server.requests).toHaveLength(64);
      world.interruption.abort(new Error('interrupted'));
      await expect(running).rejects.toThrow('interrupted');
    });
  });

  it('is inflated in order', async () => {
    const text = Buffer.from(noise(1_500_000).toString('hex'));
    const remote = { ...file, bytes: gzipSync(text, { level: 1 }) };
    await inWorld(
      { files: { 'a.csv.gz': remote }, settings: { connections: CONNECTIONS } },
      async (world) => {
        expect((await world.save()).failures).toEqual([]);
        expect((await world.read('a.csv')).equals(text)).toBe(true);
        expect(world.server.requests.length).toBeGreaterThan(2);
      },
    );
  });

  it('goes on in each range where its connection broke', async () => {
    await save(
      file,
      (_, count) => (count % 2 === 0 ? { cutAfter: 1000 * count } : undefined),
      async (world, outcome) => {
        await landed(world, outcome);
        const taken = world.server.requests.slice(1).reduce((sum, { sent }) => sum + sent, 0);
        expect(taken).toBe(bytes.length - MIB / 2);
      },
    );
  });

  it('goes on with renewed links, asked for once for all that wait', async () => {
    await save(
      file,
      ({ query }, count, { clock }) => {
        // Long enough for a refusal to be the link's age.
        if (count === 2) clock.advance(60_000);
        return query.get('sig') === '1' && count > 1 ? { status: 403 } : undefined;
      },
      async (world, outcome) => {
        await landed(world, outcome);
        expect(world.renewals).toBe(1);
      },
    );
  });

  it('is never joined from two versions', async () => {
    const changed = { ...file, bytes: noise(bytes.length, 2), etag: '"v2"' };
    await save(
      file,
      (_, count) => (count === 4 ? { replaceWith: changed } : undefined),
      async (world, { failures }) => {
        expect(failures).toEqual([]);
        expect((await world.read('a.csv')).equals(changed.bytes)).toBe(true);
      },
    );
  });

  it('is left to one connection by a server that sends no ranges after all', async () => {
    await save(
      { ...file, ranges: false },
      () => undefined,
      async (world, outcome) => await landed(world, outcome),
    );
  });

  it('is asked for once more, at once, where another version comes without ranges', async () => {
    const changed = { ...file, bytes: noise(bytes.length - 7, 2), etag: '"v2"' };
    await inWorld({ files: { 'a.csv': file } }, async (world) => {
      await keepFirst(world, 100_000);
      let count = 0;
      world.server.fault = () => ((count += 1) === 1 ? { replaceWith: changed } : { ignoreRange: true });
      expect((await world.save({ connections: CONNECTIONS, retries: 0 })).failures).toEqual([]);
      expect((await world.read('a.csv')).equals(changed.bytes)).toBe(true);
    });
  });

  it.each(['bytes 0-524287/3158073', 'nonsense'])(
    'ends with an answer that lies: %s',
    async (contentRange) => {
      await save(
        file,
        (_, count) => (count > 1 ? { contentRange } : undefined),
        async (world, { failures }) => {
          expect(failures).toMatchObject([{ exitCode: 76 }]);
          expect(await world.landed()).toEqual([]);
        },
      );
    },
  );

  it('goes on in each range of which the server gives only a piece', async () => {
    await save(
      { ...file, atMost: 200_000 },
      () => undefined,
      async (world, outcome) => await landed(world, outcome),
    );
  });

  it('ends with ranges that have more bytes than they say', async () => {
    const wrong = { ...file, bytes: noise(bytes.length, 2) };
    await save(
      file,
      ({ headers }) => {
        const from = /=(\d+)/.exec(headers.range ?? '')?.[1];
        if (from === undefined) return undefined;
        const contentRange = `bytes ${from}-${Number(from) + 99}/${bytes.length}`;
        return { replaceWith: wrong, contentRange, chunked: true };
      },
      async (world, { failures }) => {
        expect(failures).toMatchObject([{ exitCode: 76 }]);
        expect(await world.landed()).toEqual([]);
      },
    );
  });

  it.each([403, 503])('is fetched over fewer by a store that answers %i to more than two', async (status) => {
    const large = { ...file, bytes: noise(12 * MIB) };
    await inWorld({ files: { 'a.csv': large }, settings: { connections: CONNECTIONS } }, async (world) => {
      // Every wait outlasts an answer.
      world.clock.sleep = async () => await sleep(30);
      world.server.fault = () =>
        world.server.sending() > 2 ? { status } : { stallAfter: 1000, until: sleep(20) };
      expect((await world.save()).failures).toEqual([]);
      expect((await world.read('a.csv')).equals(large.bytes)).toBe(true);
      const refused = world.server.requests.filter((request) => request.status === status).length;
      // Of 16 that begin 14 are one too many, and with 403 each asks with a new link, too; hardly one comes after these.
      expect(refused).toBeGreaterThanOrEqual(10);
      expect(refused).toBeLessThan(50);
    });
  });

  it('waits for none of its other ranges to go on with the one that was refused', async () => {
    const large = { ...file, bytes: noise(16 * MIB) };
    await inWorld({ files: { 'a.csv': large }, settings: { connections: 8, retries: 1 } }, async (world) => {
      world.server.fault = ({ headers }) =>
        headers.range?.startsWith(`bytes=${MIB}-`) === true
          ? { status: 503, until: sleep(30) }
          : { stallAfter: 1000 };
      expect((await world.save()).failures).toMatchObject([{ message: expect.stringContaining('503') }]);
      expect(warningsOf(world)).toHaveLength(1);
    });
  });

  it('is given up when its link is refused for every range', async () => {
    await save(
      file,
      (_, count) => (count > 1 ? { status: 403 } : undefined),
      async (world, { failures }) => {
        expect(failures).toMatchObject([{ exitCode: 77 }]);
        expect(await world.landed()).toEqual([]);
      },
    );
  });

  describe.each([1, CONNECTIONS])('over %i connections', (connections) => {
    it('is given up after --retries failures in a row, and the next run goes on', async () => {
      await inWorld({ files: { 'a.csv': file } }, async (world) => {
        await keepFirst(world, 100_000);
        const [failures, waited] = [world.server.requests.length, world.clock.waits.length];
        // The first range begins, and so do the others, but there is no byte of any.
        const ranges = connections === 1 ? [] : [{ stallAfter: 0 }, ...Array.from({ length: 5 }, () => BUSY)];
        const first = inOrder(...ranges);
        world.server.fault = () => first() ?? BUSY;
        expect((await world.save({ connections })).failures).toMatchObject([
          { exitCode: 75, message: expect.stringContaining('503') },
        ]);
        // What fails together is one failure: the first and 8 retries, whose waits are those of one connection.
        expect(world.server.requests).toHaveLength(failures + Math.max(1, ranges.length) + 8);
        expect(world.clock.waits.slice(waited)).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000]);
        expect(warningsOf(world)).toHaveLength(8);

        world.server.fault = () => undefined;
        const before = world.server.requests.length;
        await landed(world, await world.save({ connections }));
        expect(rangesOf(world)[before]).toBe('bytes=100000-');
      });
    });
  });

  it('is not warned of in the name of ranges that did not fail', async () => {
    const settings = { connections: CONNECTIONS, retries: 1 };
    await inWorld({ files: { 'a.csv': file }, settings }, async (world) => {
      world.server.fault = ({ headers }) =>
        headers.range?.startsWith(`bytes=${MIB}-`) === true ? BUSY : { stallAfter: 0 };
      expect((await world.save()).failures).toMatchObject([{ message: expect.stringContaining('503') }]);
      expect(warningsOf(world)).toHaveLength(1);
    });
  });

  it('leaves no connection behind that still sends', async () => {
    await save(
      file,
      (_, count) => (count >= 5 ? { status: 404 } : count > 1 ? { stallAfter: 1000 } : undefined),
      async (world, { failures }) => {
        expect(failures).toHaveLength(1);
        await expect.poll(() => world.server.sending(), PATIENTLY).toBe(0);
      },
    );
  });
});
