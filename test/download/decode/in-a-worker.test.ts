import { gzipSync } from 'node:zlib';

import { describe, expect, it, vi } from 'vitest';

import { DecodePool } from '../../../src/download/decode/pool.ts';
import { hashOf, noise } from '../../helpers/bytes.ts';
import { inOrder, type RemoteFile } from '../../helpers/scripted-server.ts';
import { inWorld, PATIENTLY, type World, type WorldOptions } from '../world.ts';

/** Several steps of a thread, raw and inflated. */
const content = Buffer.concat([noise(700_000), Buffer.alloc(3_000_000, 'a row\n'), noise(50_000, 2)]);
const zipped = gzipSync(content);

const opened = vi.spyOn(DecodePool.prototype, 'open');

/** A world that decodes in workers, and has done so when `play` is over. */
async function inWorker(
  file: RemoteFile,
  play: (world: World) => Promise<void>,
  options: Partial<WorldOptions> = {},
): Promise<void> {
  opened.mockClear();
  await inWorld({ files: { 'a.csv': file }, method: 'thread', ...options }, play);
  expect(opened).toHaveBeenCalled();
}

async function landed(world: World, expected: Buffer): Promise<void> {
  const { files, failures } = await world.save();
  expect(failures).toEqual([]);
  expect(files).toMatchObject([{ bytes: expected.length, sha256: hashOf('sha256', expected) }]);
  expect((await world.read('a.csv')).equals(expected)).toBe(true);
  expect(await world.leftovers()).toEqual([]);
}

async function fails(world: World, failure: object, left: readonly RegExp[]): Promise<void> {
  expect((await world.save({ retries: 0 })).failures).toMatchObject([failure]);
  expect(await world.landed()).toEqual([]);
  const names = await world.leftovers();
  expect(names).toHaveLength(left.length);
  for (const [at, name] of names.entries()) expect(name).toMatch(left[at]!);
}

describe('a file that another thread decodes', () => {
  it.each([
    ['gzip', zipped, content],
    ['anything else', content, content],
    ['gzip of nothing', gzipSync(Buffer.alloc(0)), Buffer.alloc(0)],
  ])('is the same: %s', async (_, bytes, expected) => {
    await inWorker({ bytes }, async (world) => await landed(world, expected));
  });

  it('is gone on with where an earlier run was broken off', async () => {
    await inWorker({ bytes: zipped, etag: '"v1"' }, async (world) => {
      world.server.fault = inOrder({ cutAfter: 500_000 });
      await fails(world, { exitCode: 75 }, [/\.part$/, /\.part\.json$/]);
      await landed(world, content);
      expect(world.server.sent).toBe(zipped.length);
    });
  });

  it('is started over when it changes on its way', async () => {
    const other = gzipSync(noise(900_000, 9));
    await inWorker({ bytes: zipped, etag: '"v1"' }, async (world) => {
      const replaceWith = { bytes: other, etag: '"v2"' };
      world.server.fault = inOrder({ cutAfter: 600_000 }, { replaceWith });
      await landed(world, noise(900_000, 9));
    });
  });

  it('shares its threads with others', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 8 }, (_, at) => [`${at}.csv`, { bytes: gzipSync(noise(600_000, at)) }]),
    );
    await inWorld({ files, method: 'thread', settings: { concurrency: 8 } }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      for (let at = 0; at < 8; at += 1)
        expect((await world.read(`${at}.csv`)).equals(noise(600_000, at))).toBe(true);
      expect(await world.leftovers()).toEqual([]);
    });
  });
});

describe('what is wrong with it', () => {
  it.each([
    ['a cut', zipped.subarray(0, -1), 'the gzip file is cut short'],
    [
      'a wrong checksum',
      spoilt(zipped, zipped.length - 8),
      /^the gzip file is damaged: incorrect data check/,
    ],
    [
      'data after its end',
      Buffer.concat([zipped, Buffer.from('\0more')]),
      'the gzip file has data after its end',
    ],
  ])('is told: %s', async (_, bytes, message) => {
    await inWorker({ bytes }, async (world) => {
      await fails(world, { exitCode: 65, message: expect.stringMatching(message) }, []);
    });
  });

  it('is told at once, although the server sends no more', async () => {
    await inWorker(
      { bytes: Buffer.concat([zipped.subarray(0, 10), Buffer.from([0x07]), zipped.subarray(11)]) },
      async (world) => {
        world.server.fault = inOrder({ stallAfter: 600_000 });
        await fails(world, { exitCode: 65 }, []);
      },
    );
  });

  it.each([
    ['gzip', zipped],
    ['anything else', content],
  ])('may be its size: %s', async (_, bytes) => {
    const maxBytes = content.length - 1;
    await inWorker(
      { bytes, chunked: true },
      async (world) => {
        const message = `the file is larger than the ${maxBytes} bytes that --max-bytes allows`;
        await fails(world, { exitCode: 73, message }, [/\.part$/, /\.part\.json$/]);
      },
      { settings: { maxBytes } },
    );
  });

  it('is not that somebody interrupts it: what is here is kept', async () => {
    await inWorker({ bytes: zipped, etag: '"v1"' }, async (world) => {
      world.server.fault = inOrder({ stallAfter: 600_000 });
      const running = world.save();
      await vi.waitFor(() => expect(world.server.requests.at(0)?.sent).toBe(600_000), PATIENTLY);
      world.interruption.abort(new Error('interrupted'));
      await expect(running).rejects.toThrow('interrupted');
      expect(await world.leftovers()).toEqual([
        expect.stringMatching(/\.part$/),
        expect.stringMatching(/\.part\.json$/),
      ]);
    });
  });
});

it('under a coding of the server, which is a layer more, it is decoded here', async () => {
  const coded = { bytes: gzipSync(zipped), headers: { 'content-encoding': 'gzip' } };
  opened.mockClear();
  await inWorld(
    { files: { 'a.csv': coded }, method: 'thread' },
    async (world) => await landed(world, content),
  );
  expect(opened).not.toHaveBeenCalled();
});

function spoilt(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}
