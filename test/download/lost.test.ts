import { open, type FileHandle } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

import { noise } from '../helpers/bytes.ts';
import { inWorld } from './world.ts';

const MIB = 1024 * 1024;
const large = noise(20 * MIB);

/** Each call, with the size that the file had then. */
const sizes: number[] = [];
let sync: MockInstance<FileHandle['sync']>;
let realSync: () => Promise<void>;

beforeEach(async () => {
  sizes.length = 0;
  const handle = await open(process.execPath);
  const methods = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  realSync = Reflect.get(methods, 'sync');
  sync = vi.spyOn(methods, 'sync').mockImplementation(async function (this: FileHandle) {
    const found = await this.stat();
    if (found.isFile()) sizes.push(found.size);
    await realSync.call(this);
  });
});
afterEach(() => void vi.restoreAllMocks());

/** Lets what can go on go on. */
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('the disk is told to take', () => {
  it.each([
    ['a file as it comes', large, large.length],
    ['what comes of gzip', gzipSync(large, { level: 1 }), large.length],
  ])('%s: while it comes, and at the end', async (_, bytes, size) => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
    });
    const ofFile = sizes.filter((found) => found > MIB);
    expect(ofFile.length).toBeGreaterThan(1);
    expect(ofFile[0]).toBeLessThan(size);
    expect(ofFile.at(-1)).toBe(size);
  });
});

describe('a file that the disk has not taken', () => {
  it.each([
    ['while it comes', large],
    ['at its end', noise(300_000)],
  ])('is fetched anew by the next run: %s', async (_, bytes) => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      // The system tells it once.
      sync.mockImplementationOnce(async () => {
        throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      });
      const { failures } = await world.save({ retries: 0 });
      expect(failures).toMatchObject([
        { exitCode: 74, message: expect.stringContaining('the disk has not taken what was written') },
      ]);
      expect(await world.landed()).toEqual([]);
      expect(await world.leftovers()).toEqual([]);
      const before = world.server.sent;
      expect((await world.save()).failures).toEqual([]);
      expect(world.server.sent - before).toBe(bytes.length);
      expect((await world.read('a.csv')).equals(bytes)).toBe(true);
    });
  });

  it.each([
    ['as it comes', large],
    ['as it comes of gzip', gzipSync(large, { level: 1 })],
  ])('%s fails even if that shows only when everything is written', async (_, bytes) => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      sync.mockImplementationOnce(async function (this: FileHandle) {
        while ((await this.stat()).size < large.length && sync.mock.calls.length < 2) await turn();
        // Whoever does not wait for this sync has the disk take the rest meanwhile.
        for (let turns = 0; turns < 1000 && sync.mock.calls.length < 2; turns += 1) await turn();
        throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      });
      expect((await world.save({ retries: 0 })).failures).toMatchObject([{ exitCode: 74 }]);
      expect(await world.landed()).toEqual([]);
    });
  });

  it('is none of a later run, either, when an interrupt comes first', async () => {
    await inWorld({ files: { 'a.csv': { bytes: large, etag: '"v1"' } } }, async (world) => {
      sync.mockImplementationOnce(async () => {
        world.interruption.abort(new Error('interrupted'));
        for (let turns = 0; turns < 100; turns += 1) await turn();
        throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      });
      await expect(world.save()).rejects.toThrow('interrupted');
      expect(await world.leftovers()).toEqual([]);
    });
  });
});
