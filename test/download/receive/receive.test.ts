import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OVERLAP_BYTES } from '../../../src/download/receive/plan.ts';
import { IntegrityError, ProtocolError, TryAgainError } from '../../../src/errors.ts';
import { noise } from '../../helpers/bytes.ts';
import { inOrder, type Fault, type RemoteFile } from '../../helpers/scripted-server.ts';
import { PATIENTLY, inWorld, type World } from '../world.ts';

const DATE = 'Mon, 06 May 2024 07:08:09 GMT';
const LATER = 'Tue, 07 May 2024 07:08:09 GMT';
const bytes = noise(60_000);

/** What a store may say of a file's version. */
const validators: readonly [string, Partial<RemoteFile>][] = [
  ['a strong entity tag', { etag: '"v1"' }],
  ['a date', { lastModified: DATE }],
  ['a weak entity tag', { etag: 'W/"v1"' }],
  ['no validator', {}],
];

/** Saves `a.csv` with the faults of its first requests. */
async function withFaults(
  file: RemoteFile,
  faults: readonly (Fault | undefined)[],
  check: (world: World, outcome: Awaited<ReturnType<World['save']>>) => Promise<void> | void,
): Promise<void> {
  await inWorld({ files: { 'a.csv': file } }, async (world) => {
    world.server.fault = inOrder(...faults);
    await check(world, await world.save());
  });
}

const landsAs = (content: Buffer) => async (world: World, outcome: Awaited<ReturnType<World['save']>>) => {
  expect(outcome.failures).toEqual([]);
  expect((await world.read('a.csv')).equals(content)).toBe(true);
  expect(await world.leftovers()).toEqual([]);
};

const failsWith =
  (type: new (message: string) => Error) =>
  async (world: World, outcome: Awaited<ReturnType<World['save']>>) => {
    expect(outcome.failures).toMatchObject([expect.any(type)]);
    expect(await world.landed()).toEqual([]);
  };

describe.each(validators)('a connection that breaks, with %s', (_, validator) => {
  const file = { bytes, ...validator };

  it('is made again, and goes on from the byte that was reached', async () => {
    await withFaults(file, [{ cutAfter: 40_000 }], async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      const overlap = validator.etag === '"v1"' ? 0 : OVERLAP_BYTES;
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual([
        undefined,
        `bytes=${40_000 - overlap}-`,
      ]);
      expect(world.server.sent).toBe(bytes.length + overlap);
    });
  });

  it('costs no more than an overlap, wherever and however often it breaks', async () => {
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, async (lengths) => {
        await withFaults(
          file,
          lengths.map((cutAfter) => ({ cutAfter })),
          async (world, outcome) => {
            await landsAs(bytes)(world, outcome);
            const again = (world.server.requests.length - 1) * OVERLAP_BYTES;
            expect(world.server.sent).toBeLessThanOrEqual(bytes.length + again);
          },
        );
      }),
      { numRuns: 12 },
    );
  });

  it('gives exactly the new content when the file has changed meanwhile', async () => {
    const fresh = noise(bytes.length, 2);
    const change = {
      bytes: fresh,
      ...(validator.etag && { etag: '"v2"' }),
      ...(validator.lastModified && { lastModified: LATER }),
    };
    for (const ignoreIfRange of [false, true]) {
      await withFaults(file, [{ cutAfter: 40_000 }, { replaceWith: change, ignoreIfRange }], landsAs(fresh));
    }
  });

  it('gives exactly the new content when the file has become shorter', async () => {
    for (const length of [50_000, 40_000, 30_000, 5, 0]) {
      const change = { bytes: noise(length, 2), ...validator };
      await withFaults(
        { ...file, chunked: true },
        [{ cutAfter: 40_000 }, { replaceWith: { ...change, etag: '"v2"' }, ignoreIfRange: true }],
        landsAs(change.bytes),
      );
    }
  });
});

it('starts over when a file without a validator is now the beginning of what it was', async () => {
  const change = { bytes: bytes.subarray(0, 500) };
  await withFaults(
    { bytes, chunked: true },
    [{ cutAfter: 800 }, { replaceWith: change }],
    landsAs(change.bytes),
  );
});

describe('a store without ranges', () => {
  it('is read past what is here when the entity tag proves that it is the same', async () => {
    await withFaults(
      { bytes, etag: '"v1"', ranges: false },
      [{ cutAfter: 40_000 }],
      async (world, outcome) => {
        await landsAs(bytes)(world, outcome);
        expect(world.server.requests.map(({ status }) => status)).toEqual([200, 200]);
        const resumed = world.events.filter(({ type }) => type === 'file.started');
        expect(resumed).toMatchObject([{ resumedFrom: 0 }]);
      },
    );
  });

  it('is read from the beginning when nothing proves it, with the answer that came', async () => {
    await withFaults({ bytes, ranges: false }, [{ cutAfter: 40_000 }], async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.server.requests).toHaveLength(2);
    });
  });

  it('is tried as often as --retries says when every connection breaks', async () => {
    await inWorld({ files: { 'a.csv': { bytes, ranges: false } } }, async (world) => {
      world.server.fault = () => ({ cutAfter: 40_000 });
      const { failures } = await world.save({ retries: 6 });
      expect(failures).toMatchObject([
        { exitCode: 75, message: expect.stringContaining('only from its beginning') },
      ]);
      expect(world.server.requests).toHaveLength(8);
      expect(await world.landed()).toEqual([]);
    });
  });
});

it('never takes for whole what is longer than the answer that proves it', async () => {
  const file = { bytes, etag: '"v1"', ranges: false, chunked: true };
  const shorter = { ...file, bytes: bytes.subarray(0, 30_000) };
  await withFaults(file, [{ cutAfter: 40_000 }, { replaceWith: shorter }], failsWith(TryAgainError));
});

describe('a file that changes', () => {
  it('again and again is given up as damaged', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v0"' } } }, async (world) => {
      let version = 0;
      world.server.fault = () => {
        version += 1;
        return { replaceWith: { bytes: noise(60_000, version), etag: `"v${version}"` }, cutAfter: 40_000 };
      };
      const outcome = await world.save();
      await failsWith(IntegrityError)(world, outcome);
      expect(outcome.failures[0]?.message).toBe('the file keeps changing while it is read');
    });
  });

  it('from plain to compressed transfer is read anew', async () => {
    const compressed = { bytes: gzipSync(bytes), headers: { 'content-encoding': 'gzip' } };
    await withFaults({ bytes }, [{ cutAfter: 20_000 }, { replaceWith: compressed }], landsAs(bytes));
  });
});

describe('an answer that cannot be true', () => {
  it.each([
    'bytes 40000-99999999999999999999999/*',
    'bytes 0-59999/60000',
    'bytes 40001-59999/60000',
    'bytes 40000-59999/50000',
    'nonsense',
  ])('ends the file: Content-Range %s', async (contentRange) => {
    const file = { bytes, etag: '"v1"' };
    await withFaults(file, [{ cutAfter: 40_000 }, { contentRange }], failsWith(ProtocolError));
  });

  it.each(validators)('is a range with more bytes than it says, with %s', async (_, validator) => {
    const from = validator.etag === '"v1"' ? 40_000 : 40_000 - OVERLAP_BYTES;
    const contentRange = `bytes ${from}-40099/60000`;
    const wrong = { bytes: Buffer.concat([bytes.subarray(0, 40_100), noise(19_900, 2)]), ...validator };
    for (const chunked of [true, false]) {
      const lie = { replaceWith: wrong, contentRange, chunked };
      await withFaults({ bytes, ...validator }, [{ cutAfter: 40_000 }, lie], async (world, outcome) => {
        await failsWith(ProtocolError)(world, outcome);
        // What came before the lie was found out may be wrong as well.
        expect(await world.leftovers()).toHaveLength(chunked ? 0 : 2);
        world.server.files.set('/files/a.csv', { bytes, ...validator });
        await landsAs(bytes)(world, await world.save());
      });
    }
  });

  it('is a range with more bytes than it says, for a part of an earlier run, which is then read anew', async () => {
    const file = { bytes, etag: '"v1"' };
    await inWorld({ files: { 'a.csv': file } }, async (world) => {
      const lie = { contentRange: 'bytes 40000-40099/60000', chunked: true };
      world.server.fault = inOrder({ cutAfter: 40_000 }, lie);
      expect((await world.save({ retries: 0 })).failures).toMatchObject([{ exitCode: 75 }]);
      await landsAs(bytes)(world, await world.save());
      expect(world.server.requests.map(({ status }) => status)).toEqual([200, 206, 200]);
    });
  });

  it.each([202, 204, 300, 304])('ends the file: %i, which carries no file', async (status) => {
    await withFaults({ bytes }, [{ status, body: '' }], failsWith(ProtocolError));
  });

  it('gives its connection back', async () => {
    await withFaults(
      { bytes, etag: '"v1"' },
      [{ cutAfter: 40_000 }, { contentRange: 'nonsense', stallAfter: 10 }],
      async (world, outcome) => {
        await failsWith(ProtocolError)(world, outcome);
        await expect.poll(() => world.server.connections(), PATIENTLY).toBe(0);
      },
    );
  });

  it('is 416 for a part that is larger than the file, which is then read anew', async () => {
    const file = { bytes, etag: '"v1"' };
    const short = { bytes: noise(500, 2), etag: '"v2"' };
    await withFaults(
      file,
      [{ cutAfter: 40_000 }, { replaceWith: short, ignoreIfRange: true }],
      landsAs(short.bytes),
    );
  });
});

describe('ranges that are only a piece of what was asked for', () => {
  const pieces = { bytes, chunked: true, atMost: 18_000 };
  const statusesOf = (world: World) => world.server.requests.map(({ status }) => status);

  it.each(validators)(
    'are asked for until the end is proven where no total is told, with %s',
    async (_, validator) => {
      const file = { ...pieces, ...validator, untold: true };
      await withFaults(file, [{ cutAfter: 40_000 }], async (world, outcome) => {
        await landsAs(bytes)(world, outcome);
        expect(statusesOf(world).filter((status) => status === 416)).toEqual([416]);
        expect(statusesOf(world).at(-1)).toBe(416);
        // Every piece is all that it says: nothing broke that would have to be waited for.
        expect(world.clock.waits).toHaveLength(1);
      });
    },
  );

  it.each(validators)(
    'are asked for until the total is here where it is told, with %s',
    async (_, validator) => {
      await withFaults({ ...pieces, ...validator }, [{ cutAfter: 40_000 }], async (world, outcome) => {
        await landsAs(bytes)(world, outcome);
        expect(statusesOf(world)).not.toContain(416);
        expect(world.clock.waits).toHaveLength(1);
      });
    },
  );

  it('are no end when they break off', async () => {
    const file = { ...pieces, etag: '"v1"', untold: true };
    await withFaults(file, [{ cutAfter: 40_000 }, { cutAfter: 5000 }], async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.clock.waits).toHaveLength(2);
    });
  });

  it('cost no further request with a store that tells the total', async () => {
    await withFaults(
      { bytes, chunked: true, etag: '"v1"' },
      [{ cutAfter: 40_000 }],
      async (world, outcome) => {
        await landsAs(bytes)(world, outcome);
        expect(statusesOf(world)).toEqual([200, 206]);
      },
    );
  });

  it.each([1, OVERLAP_BYTES])(
    'of %i bytes, which never get beyond the overlap, have an end',
    async (atMost) => {
      for (const untold of [true, false]) {
        await withFaults({ ...pieces, atMost, untold }, [{ cutAfter: 40_000 }], async (world, outcome) => {
          await failsWith(TryAgainError)(world, outcome);
          expect(world.server.requests.length).toBeLessThan(30);
        });
      }
    },
  );

  it.each<[string, Partial<RemoteFile>, (Fault | undefined)[]]>([
    ['the very same entity tag', { etag: '"v1"' }, [{ status: 416, headers: { etag: '"v1"' } }]],
    ['nothing, after which the file is read anew', { etag: '"v1"' }, [{ status: 416 }, undefined]],
    ['nothing, and without a validator', {}, [undefined, { status: 416 }]],
  ])('end with a 416 that tells no total, but %s', async (_, validator, end) => {
    const file = { ...pieces, ...validator, atMost: 40_000, untold: true };
    await withFaults(file, [{ cutAfter: 40_000 }, undefined, ...end], landsAs(bytes));
  });

  it('never join two versions, of which the second tells another total', async () => {
    const file = { ...pieces, etag: '"v1"' };
    const fresh = noise(59_000, 2);
    const change = { contentRange: 'bytes 58000-58999/59000', replaceWith: { ...file, bytes: fresh } };
    await withFaults(file, [{ cutAfter: 40_000 }, undefined, change], landsAs(fresh));
  });

  it('are inflated where each ends exactly with a member of gzip', async () => {
    const members = [bytes.subarray(0, 20_000), bytes.subarray(20_000, 40_000), bytes.subarray(40_000)].map(
      (one) => gzipSync(one),
    );
    const [first, second] = members.map(({ length }) => length);
    const file = {
      bytes: Buffer.concat(members),
      etag: '"v1"',
      chunked: true,
      untold: true,
      atMost: second!,
    };
    await withFaults(file, [{ cutAfter: first! }], landsAs(bytes));
  });
});

describe('a 416 that contradicts the length that was told', () => {
  const cut = { status: 416, headers: { 'content-range': 'bytes */40000' } };

  it.each(validators)('never makes a file of what is here, with %s', async (_, validator) => {
    const { etag, lastModified } = validator;
    const headers = {
      ...cut.headers,
      ...(etag && { etag }),
      ...(lastModified && { 'last-modified': lastModified }),
    };
    const again = { ...cut, headers };
    await withFaults({ bytes, ...validator }, [{ cutAfter: 40_000 }, again], landsAs(bytes));
    await withFaults({ bytes, ...validator }, [{ cutAfter: 40_000 }, again, again], failsWith(ProtocolError));
  });
});

it('takes a file as whole when the connection broke behind its last byte', async () => {
  await withFaults(
    { bytes, etag: '"v1"', chunked: true },
    [{ cutAfter: bytes.length }],
    async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.server.requests.map(({ status }) => status)).toEqual([200, 416]);
    },
  );
});

describe('a weak entity tag', () => {
  // Outside the overlap, where nothing else would tell.
  const fresh = Buffer.from(bytes);
  fresh[10]! ^= 1;
  fresh[fresh.length - 10]! ^= 1;

  it.each([
    ['W/"a"', 'W/"b"'],
    ['"a"', 'W/"b"'],
    ['W/"a"', '"b"'],
  ])('tells that the file has changed: %s and then %s', async (etag, other) => {
    const change = { replaceWith: { bytes: fresh, etag: other }, ignoreIfRange: true };
    await withFaults({ bytes, etag }, [{ cutAfter: 40_000 }, change], landsAs(fresh));
    // Also in the answer after one without any.
    const silent = { replaceWith: { bytes }, ignoreIfRange: true, cutAfter: 1000 };
    await withFaults({ bytes, etag }, [{ cutAfter: 40_000 }, silent, change, change], landsAs(fresh));
  });

  it.each([
    ['W/"a"', '"a"'],
    ['"a"', 'W/"a"'],
  ])('of the same version tells nothing: %s and then %s', async (etag, other) => {
    const same = { replaceWith: { bytes, etag: other }, ignoreIfRange: true };
    await withFaults({ bytes, etag }, [{ cutAfter: 40_000 }, same], async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.server.requests.slice(1).every(({ status }) => status === 206)).toBe(true);
    });
  });

  it('is remembered by a later run', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: 'W/"a"' } } }, async (world) => {
      world.server.fault = inOrder({ cutAfter: 40_000 });
      await world.save({ retries: 0 });
      world.server.files.set('/files/a.csv', { bytes: fresh, etag: 'W/"b"' });
      await landsAs(fresh)(world, await world.save());
    });
  });
});

it('asks again with an overlap when a range comes without the entity tag that was asked for', async () => {
  const untagged = { bytes };
  await withFaults(
    { bytes, etag: '"v1"' },
    [{ cutAfter: 40_000 }, { replaceWith: untagged, ignoreIfRange: true }],
    async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual([
        undefined,
        'bytes=40000-',
        `bytes=${40_000 - OVERLAP_BYTES}-`,
      ]);
    },
  );
});

describe('waiting', () => {
  it('has an end when no byte comes', async () => {
    await inWorld(
      { files: { 'a.csv': { bytes, etag: '"v1"' } }, settings: { stallTimeoutMs: 60 } },
      async (world) => {
        world.server.fault = inOrder({ stallAfter: 0 }, { stallAfter: 40_000 });
        await landsAs(bytes)(world, await world.save());
        expect(world.events).toContainEqual(
          expect.objectContaining({
            type: 'warning',
            message: expect.stringContaining('no byte came in time'),
          }),
        );
      },
    );
  });

  it.each([429, 503])('is as long as a %i asks for', async (status) => {
    const faults = [
      { status, headers: { 'retry-after': '120' } },
      { status, headers: { 'retry-after': new Date(Date.now() + 300_000).toUTCString() } },
    ];
    await withFaults({ bytes }, faults, async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.clock.waits).toHaveLength(2);
      expect(world.clock.waits[0]).toBe(120_000);
      expect(world.clock.waits[1]).toBeGreaterThan(290_000);
      expect(world.clock.waits[1]).toBeLessThanOrEqual(300_000);
    });
  });

  it('grows from failure to failure, and is told', async () => {
    await withFaults(
      { bytes },
      [{ status: 500 }, { status: 502 }, { status: 504 }],
      async (world, outcome) => {
        await landsAs(bytes)(world, outcome);
        expect(world.clock.waits).toEqual([250, 500, 1000]);
        const told = world.events.filter(({ type }) => type === 'warning');
        expect(told).toHaveLength(3);
        expect(told[0]).toMatchObject({
          message: expect.stringMatching(/answered 500; going on in 0\.3 s$/),
        });
      },
    );
  });

  it('ends after --retries failures without a byte', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      world.server.fault = () => ({ status: 503 });
      const outcome = await world.save({ retries: 3 });
      await failsWith(TryAgainError)(world, outcome);
      expect(outcome.failures).toMatchObject([{ exitCode: 75 }]);
      expect(world.server.requests).toHaveLength(4);
    });
  });

  it('has no such end while bytes come', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      world.server.fault = () => ({ cutAfter: 5000 });
      await landsAs(bytes)(world, await world.save({ retries: 1 }));
      expect(world.server.requests).toHaveLength(12);
    });
  });

  it('ends at once when the run is interrupted', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      world.server.fault = () => {
        setImmediate(() => world.interruption.abort(new TryAgainError('interrupted')));
        return { stallAfter: 40_000 };
      };
      const { failures } = await world.save();
      expect(failures).toMatchObject([{ message: 'interrupted' }]);
      expect(await world.landed()).toEqual([]);
    });
  });
});

describe('a server that sends the whole file again, with the date and length that it had', () => {
  const other = noise(60_000, 2);
  const file = { bytes, lastModified: DATE, ranges: false };

  it('is not believed: bytes of two versions are never joined', async () => {
    const changed = { replaceWith: { bytes: other, lastModified: DATE, ranges: false } };
    await withFaults(file, [{ cutAfter: 30_000 }, changed], landsAs(other));
  });

  it('is believed where what overlaps is equal', async () => {
    await withFaults(file, [{ cutAfter: 30_000 }], landsAs(bytes));
  });
});

it('a length that was told once holds, also when a later answer ends early without telling one', async () => {
  const file = { bytes, etag: '"v1"', ranges: false };
  const shorter = {
    replaceWith: { bytes: bytes.subarray(0, 50_000), etag: '"v1"', ranges: false, chunked: true },
  };
  const whole = { replaceWith: file };
  await withFaults(file, [{ cutAfter: 30_000 }, shorter, whole], landsAs(bytes));
});

describe('a content coding that was not asked for', () => {
  const coded = { bytes, headers: { 'content-encoding': 'br' }, etag: '"v1"' };

  it('ends the file and leaves nothing, so that the next run asks again', async () => {
    await inWorld({ files: { 'a.csv': coded } }, async (world) => {
      await failsWith(ProtocolError)(world, await world.save());
      expect(await world.leftovers()).toEqual([]);
      world.server.files.set('/files/a.csv', { bytes, etag: '"v1"' });
      await landsAs(bytes)(world, await world.save());
    });
  });

  it('of bytes that an earlier run has left is forgotten with them', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      world.server.fault = inOrder({ cutAfter: 40_000 });
      await world.save({ retries: 0 });
      const [, sidecar] = await world.leftovers();
      const path = join(world.directory, sidecar!);
      const known = JSON.parse(await readFile(path, 'utf8')) as object;
      await writeFile(path, JSON.stringify({ ...known, encoding: 'br' }));
      await landsAs(bytes)(world, await world.save());
      expect(world.server.requests.map(({ status }) => status)).toEqual([200, 200]);
    });
  });
});

it('a 206 need not repeat the content coding that the first answer told', async () => {
  const packed = gzipSync(bytes);
  const headers = { 'content-encoding': 'gzip' };
  const silent = { bytes: packed, etag: '"v1"' };
  await withFaults(
    { ...silent, headers },
    [{ cutAfter: 20_000 }, { replaceWith: silent }],
    async (world, outcome) => {
      await landsAs(bytes)(world, outcome);
      expect(world.server.requests).toHaveLength(2);
    },
  );
});
