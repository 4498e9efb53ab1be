import { writeFileSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { OVERLAP_BYTES } from '../../src/download/receive/plan.ts';
import { hashOf, noise } from '../helpers/bytes.ts';
import { inOrder, type RemoteFile } from '../helpers/scripted-server.ts';
import { PATIENTLY, inWorld, type World, type WorldOptions } from './world.ts';

const bytes = noise(60_000);
const tagged = { bytes, etag: '"v1"' };
const content = Buffer.from(Array.from({ length: 6000 }, (_, row) => `${row},${row * row}\n`).join(''));
const zipped = gzipSync(content);

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** A world in which an earlier run was broken off after so many bytes of `a.csv`. */
async function afterBreak(
  file: RemoteFile,
  cutAfter: number,
  play: (world: World) => Promise<void>,
  options: Partial<WorldOptions> = {},
): Promise<void> {
  await inWorld({ files: { 'a.csv': file }, ...options }, async (world) => {
    world.server.fault = inOrder({ cutAfter });
    expect((await world.save({ retries: 0 })).failures).toMatchObject([{ exitCode: 75 }]);
    expect(await world.landed()).toEqual([]);
    world.server.requests.length = 0;
    await play(world);
  });
}

async function lands(world: World, name: string, expected: Buffer): Promise<void> {
  expect((await world.save()).failures).toEqual([]);
  expect(await world.landed()).toEqual([name]);
  expect((await world.read(name)).equals(expected)).toBe(true);
  expect(await world.leftovers()).toEqual([]);
}

const pathOf = async (world: World, suffix: string): Promise<string> => {
  const name = (await world.leftovers()).find((one) => one.endsWith(suffix));
  expect(name).toBeDefined();
  return join(world.directory, name!);
};

/** Damages what an earlier run has left of a file, where no overlap shows it. */
async function spoilByte(world: World): Promise<void> {
  const path = await pathOf(world, '.part');
  const part = await readFile(path);
  part[100]! ^= 1;
  await writeFile(path, part);
}

describe('a later run', () => {
  it.each([
    ['a strong entity tag', tagged, 0],
    ['no validator', { bytes }, OVERLAP_BYTES],
  ])('asks only for the rest of what an earlier one left, with %s', async (_, file, overlap) => {
    await afterBreak(file, 40_000, async (world) => {
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests.map(({ status }) => status)).toEqual([206]);
      expect(world.server.sent).toBe(20_000 + overlap);
      expect(world.events).toContainEqual(
        expect.objectContaining({ type: 'file.started', bytes: 60_000, resumedFrom: 40_000 }),
      );
    });
  });

  it('inflates what is there and goes on, wherever a gzip file was broken off', async () => {
    const file = { bytes: zipped, etag: '"v1"' };
    await fc.assert(
      fc.asyncProperty(fc.nat(zipped.length - 1), async (cutAfter) => {
        await afterBreak(file, cutAfter, async (world) => {
          await lands(world, 'a.csv', content);
          expect(world.server.sent).toBe(zipped.length - cutAfter);
        });
      }),
      { numRuns: 8 },
    );
  });

  it('gives the file the name that the first answer told, whether or not it has to ask again', async () => {
    const named = { ...tagged, headers: { 'content-disposition': 'attachment; filename="Real Name.csv"' } };
    for (const cutAfter of [40_000, bytes.length]) {
      await afterBreak({ ...named, chunked: true }, cutAfter, async (world) => {
        world.server.files.set('/files/a.csv', tagged);
        await lands(world, 'Real Name.csv', bytes);
      });
    }
  });

  it.each([
    ['is missing', async (path: string) => await rm(path)],
    ['is garbage', async (path: string) => await writeFile(path, '{"v":1,')],
    ['is of a later format', async (path: string) => await rewrite(path, '"v":1', '"v":2')],
    ['is of another file', async (path: string) => await rewrite(path, '"a.csv"', '"b.csv"')],
  ])('drops bytes whose sidecar %s', async (_, spoil) => {
    await afterBreak(tagged, 40_000, async (world) => {
      await spoil(await pathOf(world, '.part.json'));
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
    });
  });

  it('notices damaged bytes of a gzip file, and fetches it anew', async () => {
    await afterBreak({ bytes: zipped, etag: '"v1"' }, 10_000, async (world) => {
      const path = await pathOf(world, '.part');
      const part = await readFile(path);
      part.fill(0xff, 5000, 5020);
      await writeFile(path, part);
      await lands(world, 'a.csv', content);
      expect(world.server.requests.at(-1)?.headers.range).toBeUndefined();
    });
  });

  it.each<[string, Partial<WorldOptions>, RemoteFile]>([
    ['the API', { link: { checksums: { sha1: hashOf('sha1', bytes) } } }, tagged],
    [
      'the answer',
      {},
      { ...tagged, headers: { 'repr-digest': `sha-512=:${hashOf('sha512', bytes, 'base64')}:` } },
    ],
  ])('notices damaged bytes by a checksum of %s, and fetches the file anew', async (_, options, file) => {
    const spoilAndSave = async (world: World): Promise<void> => {
      await spoilByte(world);
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests.map(({ status }) => status)).toEqual([206, 200]);
    };
    await afterBreak(file, 40_000, spoilAndSave, options);
  });

  describe.each<[string, Record<string, string>]>([
    ['Content-MD5', { 'content-md5': hashOf('md5', bytes, 'base64') }],
    ['Repr-Digest', { 'repr-digest': `sha-256=:${hashOf('sha256', bytes, 'base64')}:` }],
    ['Digest', { digest: `sha-512=${hashOf('sha512', bytes, 'base64')}` }],
  ])('notices damaged bytes by a %s that only the first answer told', (_, headers) => {
    const told = { ...tagged, headers };

    it('when it goes on', async () => {
      await afterBreak(told, 40_000, async (world) => {
        await spoilByte(world);
        world.server.files.set('/files/a.csv', tagged);
        await lands(world, 'a.csv', bytes);
        expect(world.server.requests.map(({ status }) => status)).toEqual([206, 200]);
      });
    });

    it('when there is no byte left to ask for', async () => {
      await afterBreak({ ...told, chunked: true }, 60_000, async (world) => {
        await spoilByte(world);
        await rewrite(await pathOf(world, '.part.json'), '"v":1', '"v":1,"whole":true,"total":60000');
        world.server.files.set('/files/a.csv', tagged);
        await lands(world, 'a.csv', bytes);
        expect(world.server.requests.map(({ status }) => status)).toEqual([200]);
      });
    });

    it('and fails with 65 when the server has none but them', async () => {
      const damaged = Buffer.from(bytes);
      damaged[100]! ^= 1;
      await afterBreak({ ...told, bytes: damaged }, 40_000, async (world) => {
        world.server.fault = inOrder(
          { replaceWith: { ...tagged, bytes: damaged } },
          { replaceWith: { ...told, bytes: damaged } },
        );
        expect((await world.save()).failures).toMatchObject([{ exitCode: 65 }]);
        expect(await world.landed()).toEqual([]);
        expect(await world.leftovers()).toEqual([]);
      });
    });
  });

  it('notices damaged bytes by a checksum that only an answer between told', async () => {
    await afterBreak(tagged, 20_000, async (world) => {
      const headers = { 'repr-digest': `sha-256=:${hashOf('sha256', bytes, 'base64')}:` };
      world.server.fault = inOrder({ replaceWith: { ...tagged, headers }, cutAfter: 20_000 });
      await world.save({ retries: 0 });
      await spoilByte(world);
      world.server.files.set('/files/a.csv', tagged);
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests.map(({ status }) => status)).toEqual([206, 206, 200]);
    });
  });

  it('forgets the checksum of what has changed since', async () => {
    const told = { ...tagged, headers: { 'content-md5': hashOf('md5', bytes, 'base64') } };
    await afterBreak(told, 40_000, async (world) => {
      const change = { bytes: noise(50_000, 2), etag: '"v2"' };
      world.server.files.set('/files/a.csv', change);
      await lands(world, 'a.csv', change.bytes);
    });
  });

  it('fetches anew what has changed since', async () => {
    const change = { bytes: noise(50_000, 2), etag: '"v2"' };
    await afterBreak(tagged, 40_000, async (world) => {
      world.server.files.set('/files/a.csv', change);
      await lands(world, 'a.csv', change.bytes);
      expect(world.events.findLast(({ type }) => type === 'file.started')).toMatchObject({
        bytes: 50_000,
        resumedFrom: 0,
      });
    });
  });

  it('fetches anew what cannot be gone on from, also with --retries 0', async () => {
    await afterBreak({ bytes, ranges: false }, 40_000, async (world) => {
      expect((await world.save({ retries: 0 })).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
      expect(world.server.requests).toHaveLength(1);
    });
  });

  it.each([undefined, 'inPlace', 'thread'] as const)(
    'notices damage long before the end of what is there, and fetches the files anew: %s',
    async (method) => {
      const contents = { 'a.csv': noise(1_500_000), 'b.csv': noise(1_500_000, 2) };
      const file = (content: Buffer) => ({ bytes: gzipSync(content), etag: '"v1"' });
      const files = { 'a.csv': file(contents['a.csv']), 'b.csv': file(contents['b.csv']) };
      await inWorld({ files, method }, async (world) => {
        world.server.fault = () => ({ cutAfter: 1_200_000 });
        expect((await world.save({ retries: 0 })).failures).toHaveLength(2);
        world.server.fault = () => undefined;
        for (const name of (await world.leftovers()).filter((one) => one.endsWith('.part'))) {
          const part = await readFile(join(world.directory, name));
          await writeFile(join(world.directory, name), part.fill(0, 50_000, 90_000));
        }
        expect((await world.save()).failures).toEqual([]);
        for (const [name, content] of Object.entries(contents))
          expect((await world.read(name)).equals(content)).toBe(true);
        expect(await world.leftovers()).toEqual([]);
      });
    },
  );

  it('drops a part that is longer than its file was ever said to be', async () => {
    await afterBreak(tagged, 40_000, async (world) => {
      await writeFile(await pathOf(world, '.part'), noise(70_000, 3));
      world.events.length = 0;
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
      const begun = world.events.filter(({ type }) => type === 'file.started');
      expect(begun).toMatchObject([{ bytes: 60_000, resumedFrom: 0 }]);
    });
  });

  it('fetches anew a part that is longer than the answer says', async () => {
    await afterBreak({ ...tagged, chunked: true }, 40_000, async (world) => {
      await writeFile(await pathOf(world, '.part'), noise(70_000, 3));
      await lands(world, 'a.csv', bytes);
      const begun = world.events.findLast(({ type }) => type === 'file.started');
      expect(begun).toMatchObject({ resumedFrom: 0 });
    });
  });
});

describe('unfinished files', () => {
  it('have left nothing that no later run looks for', async () => {
    const bytes = gzipSync('one row\n'.repeat(100));
    const link = { checksums: { md5: '0'.repeat(32) } };
    await inWorld({ files: { 'a.csv.gz': { bytes } }, link }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ message: expect.stringContaining('md5') }]);
      expect(await world.leftovers()).toEqual([]);
    });
  });

  it('are hidden, for their owner alone, and without the link', async () => {
    await afterBreak(tagged, 40_000, async (world) => {
      const names = await world.leftovers();
      expect(names).toEqual([
        expect.stringMatching(/^\.a\.csv\.[0-9a-f]{8}\.part$/),
        expect.stringMatching(/^\.a\.csv\.[0-9a-f]{8}\.part\.json$/),
      ]);
      for (const name of names) {
        expect((await stat(join(world.directory, name))).mode & 0o777).toBe(0o600);
      }
      expect(JSON.parse(await readFile(join(world.directory, names[1]!), 'utf8'))).toEqual({
        v: 1,
        identity: 'a.csv',
        etag: '"v1"',
        total: 60_000,
      });
    });
  });
});

describe('a saved file', () => {
  it('is told with its sizes and its hash', async () => {
    await inWorld({ files: { 'a.csv.gz': { bytes: zipped, etag: '"v1"' } } }, async (world) => {
      const { files } = await world.save();
      const expected = { bytes: content.length, rawBytes: zipped.length, sha256: hashOf('sha256', content) };
      expect(files).toMatchObject([{ name: 'a.csv', identity: 'a.csv.gz', etag: '"v1"', ...expected }]);
      expect(world.events.at(-1)).toMatchObject({ type: 'file.saved', file: 'a.csv', ...expected });
      expect(await world.read('a.csv')).toEqual(content);
      const found = await stat(join(world.directory, 'a.csv'));
      expect(found.mode & 0o777).toBe(0o644);
      expect(found.mtimeMs).toBe(files[0]?.mtimeMs);
    });
  });

  it('stays compressed with --keep-compressed', async () => {
    await inWorld(
      { files: { 'a.csv.gz': { bytes: zipped } }, settings: { keepCompressed: true } },
      async (world) => {
        await lands(world, 'a.csv.gz', zipped);
      },
    );
  });

  it('has the name that --name makes of it', async () => {
    const settings = { name: '{provider}-{id}-{index}-{stem}-x{ext}' };
    await inWorld({ files: { 'a.csv.gz': { bytes: zipped } }, settings }, async (world) => {
      await lands(world, 'acme-7-1-a-x.csv', content);
    });
  });

  it('may be empty', async () => {
    await inWorld({ files: { 'a.csv': { bytes: Buffer.alloc(0) } } }, async (world) => {
      await lands(world, 'a.csv', Buffer.alloc(0));
    });
  });

  it('never replaces what somebody put there while it was on its way', async () => {
    await inWorld({ files: { 'a.csv': tagged } }, async (world) => {
      const path = join(world.directory, 'a.csv');
      interfere(world, () => writeFileSync(path, 'mine'));
      expect((await world.save()).failures).toMatchObject([{ exitCode: 73 }]);
      expect(await readFile(path, 'utf8')).toBe('mine');
      await rm(path);
      world.server.requests.length = 0;
      await lands(world, 'a.csv', bytes);
      expect(world.server.requests).toEqual([]);
    });
  });

  it('is left out with --if-exists skip when somebody was faster', async () => {
    await inWorld({ files: { 'a.csv': tagged }, settings: { ifExists: 'skip' } }, async (world) => {
      const path = join(world.directory, 'a.csv');
      interfere(world, () => writeFileSync(path, 'mine'));
      expect(await world.save()).toEqual({ files: [], failures: [] });
      expect(await readFile(path, 'utf8')).toBe('mine');
      expect(await world.leftovers()).toEqual([]);
    });
  });

  it('is left out with --if-exists skip without waiting for more of it, also below a Content-Encoding', async () => {
    const coded = {
      bytes: gzipSync(noise(400_000).toString('hex')),
      headers: { 'content-encoding': 'gzip' },
    };
    const settings = { ifExists: 'skip', stallTimeoutMs: 2000 } as const;
    await inWorld({ files: { 'a.csv': coded }, settings }, async (world) => {
      await writeFile(join(world.directory, 'a.csv'), 'mine');
      world.server.fault = inOrder({ stallAfter: 3000 });
      expect(await world.save()).toEqual({ files: [], failures: [] });
      expect(world.server.requests).toHaveLength(1);
      expect(world.events).toMatchObject([{ message: expect.stringContaining('is left alone') }]);
      await expect.poll(() => world.server.sending(), PATIENTLY).toBe(0);
    });
  });

  it('takes another name with --if-exists rename when somebody was faster', async () => {
    await inWorld({ files: { 'a.csv': tagged }, settings: { ifExists: 'rename' } }, async (world) => {
      interfere(world, () => writeFileSync(join(world.directory, 'a.csv'), 'mine'));
      expect((await world.save()).files).toMatchObject([{ name: 'a (2).csv' }]);
      expect(await world.read('a (2).csv')).toEqual(bytes);
    });
  });
});

describe('--max-bytes', () => {
  const settings = { maxBytes: 1000 };

  it('refuses a file that is announced as larger, before it is written', async () => {
    await inWorld({ files: { 'a.csv': tagged }, settings }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ exitCode: 73 }]);
      expect(await world.landed()).toEqual([]);
    });
  });

  it('refuses a small file that inflates to more', async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    await inWorld({ files: { 'a.csv': { bytes: bomb } }, settings: { maxBytes: 100_000 } }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ exitCode: 73 }]);
      expect(await world.landed()).toEqual([]);
      const sizes = (await world.leftovers()).map(
        async (name) => (await stat(join(world.directory, name))).size,
      );
      expect(sum(await Promise.all(sizes))).toBeLessThan(100_000);
    });
  });
});

describe('the connection', () => {
  const large = noise(3_000_000);

  it.each<[string, RemoteFile]>([
    ['plain', { bytes: large }],
    ['compressed', { bytes: gzipSync(large) }],
    ['compressed on its way', { bytes: gzipSync(large), headers: { 'content-encoding': 'gzip' } }],
  ])('of a %s file that --if-exists skip leaves out is ended', async (_, file) => {
    await inWorld({ files: { 'a.csv': file }, settings: { ifExists: 'skip' } }, async (world) => {
      await writeFile(join(world.directory, 'a.csv'), 'mine');
      expect(await world.save()).toEqual({ files: [], failures: [] });
      expect(await world.leftovers()).toEqual([]);
      await expect.poll(async () => await world.server.connections(), PATIENTLY).toBe(0);
    });
  });

  it('is ended when the server’s coding cannot be read', async () => {
    const file = { bytes: large, headers: { 'content-encoding': 'br' } };
    await inWorld({ files: { 'a.csv': file } }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ exitCode: 76 }]);
      await expect.poll(async () => await world.server.connections(), PATIENTLY).toBe(0);
    });
  });
});

/** Does something at the first event: the file has begun, and its name is claimed already. */
function interfere(world: World, act: () => void): void {
  const push = world.events.push.bind(world.events);
  world.events.push = (...events) => {
    world.events.push = push;
    act();
    return push(...events);
  };
}

async function rewrite(path: string, from: string, to: string): Promise<void> {
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

describe('a part whose file goes by another name now', () => {
  it('is found and gone on with', async () => {
    const bytes = noise(100_000, 9);
    const link = { identity: 'same', name: 'first.csv' };
    const options = { files: { 'a.csv': { bytes, etag: '"1"' } }, link };
    await inWorld(options, async (world) => {
      world.server.fault = () => ({ cutAfter: 60_000 });
      await world.save({ retries: 0 });
      const found = await world.leftovers();
      expect(found).toContainEqual(expect.stringMatching(/^\.first\.csv\.[0-9a-f]{8}\.part$/));
      world.server.fault = () => undefined;
      world.server.requests.length = 0;
      link.name = 'second.csv';
      expect((await world.save()).failures).toEqual([]);
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=60000-']);
      expect((await world.read('second.csv')).equals(bytes)).toBe(true);
      expect(await world.leftovers()).toEqual([]);
    });
  });
});

describe('--max-bytes', () => {
  const header = Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]);
  it.each([
    ['empty members', Buffer.concat(Array.from({ length: 5000 }, () => gzipSync('')))],
    ['padding', Buffer.concat([gzipSync('a'), Buffer.alloc(100_000)])],
    ['a name in the header', Buffer.concat([header, Buffer.alloc(100_000, 'n')])],
  ])('also ends gzip without content: %s', async (_, bytes) => {
    // Without a length, so that only what comes can tell.
    await inWorld({ files: { 'a.csv.gz': { bytes, chunked: true } } }, async (world) => {
      const { failures } = await world.save({ maxBytes: 10_000 });
      expect(failures).toMatchObject([{ exitCode: 73, message: expect.stringContaining('--max-bytes') }]);
      expect(await world.landed()).toEqual([]);
    });
  });
});
