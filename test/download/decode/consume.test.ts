import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, it, onTestFinished, vi } from 'vitest';

import { consume } from '../../../src/download/decode/consume.ts';
import { thisMachine } from '../../../src/download/decode/method.ts';
import { DecodePool } from '../../../src/download/decode/pool.ts';
import { gunzip } from '../../../src/download/decode/gunzip.ts';
import type { RawStore } from '../../../src/download/part/part.ts';
import { fileSink } from '../../../src/download/sinks.ts';
import { TailStore } from '../../../src/download/receive/tail-store.ts';
import { hashOf, inPieces, noise } from '../../helpers/bytes.ts';

const optionsFor = (pool: DecodePool) => ({
  maxBytes: undefined,
  threads: { pool, isAlone: () => false },
  abandon: () => undefined,
  signal: new AbortController().signal,
});

it('gives up what was begun when the raw bytes cannot be written', async () => {
  const done: string[] = [];
  const note = (what: string) => async (): Promise<void> => void done.push(what);
  const sink = {
    file: { descriptor: 1, path: 'out' },
    write: note('write'),
    end: note('end'),
    abort: note('abort'),
  };
  const failure = new Error('no space');
  const store: RawStore = new TailStore('a.csv');
  store.flush = async () => await Promise.reject(failure);
  const bytes = inPieces(Buffer.from('a row\n'), []);
  const content = { bytes, raw: bytes, decoded: true, gzipRemoved: true };
  const pool = new DecodePool({ ...thisMachine, cores: 2, largeBytes: 0 });
  await expect(consume(content, sink, store, optionsFor(pool))).rejects.toBe(failure);
  expect(done).toEqual(['abort']);
});

it('does not trust a raw file of which somebody else has taken something away', async () => {
  const decoded = Promise.resolve({ rawBytes: 5, bytes: 5, sha256: 'of five bytes' });
  const running = { decoded, more: () => undefined, finish: () => undefined, stop: async () => {} };
  const pool = {
    machine: { ...thisMachine, cores: 2, largeBytes: 0 },
    open: async () => await Promise.resolve(running),
  } as unknown as DecodePool;
  const store: RawStore = new TailStore('a.csv');
  await store.append(Buffer.from('a row\n'));
  store.flush = async () => await Promise.resolve({ descriptor: 1, path: 'a.part' });
  const raw = inPieces(Buffer.from('a row\n'), []);
  const content = { bytes: raw, raw, decoded: false, gzipRemoved: false };
  await expect(consume(content, undefined, store, optionsFor(pool))).rejects.toMatchObject({ exitCode: 65 });
});

/** A gzip file of which nothing but its content is large enough to need memory that is used again. */
async function gzipFile(content: Buffer, total: number) {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const path = join(folder, 'a.out');
  const store: RawStore = new TailStore('a.csv');
  await store.learn({ identity: 'a.csv', total });
  const zipped = gzipSync(content);
  const raw = inPieces(zipped, [10, Math.floor(zipped.length / 2)]);
  const abandon = vi.fn();
  const { signal } = new AbortController();
  return { path, store, raw, abandon, options: { maxBytes: undefined, abandon, signal } };
}

// oxlint-disable-next-line require-yield -- there is nothing to it
async function* notRead(): AsyncGenerator<Buffer, void, undefined> {
  throw new Error('not to be used');
}

const LARGE = 32 * 1024 * 1024;
const content = Buffer.concat([noise(3_000_000), Buffer.alloc(5_000_000, 'a row\n')]);
const consumed = { bytes: content.length, sha256: hashOf('sha256', content) };

it('inflates a large gzip file in place', async () => {
  const { path, store, raw, options } = await gzipFile(content, LARGE);
  const gzip = { bytes: notRead(), raw, decoded: true, gzipRemoved: true };
  expect(await consume(gzip, await fileSink(path), store, options)).toEqual(consumed);
  expect((await readFile(path)).equals(content)).toBe(true);
});

it('does so where there can be no thread', async () => {
  const { path, store, raw, options } = await gzipFile(content, LARGE);
  store.flush = async () => await Promise.resolve({ descriptor: 1, path: 'a.part' });
  const pool = new DecodePool({ ...thisMachine, cores: 2 });
  await pool.close();
  const threads = { pool, isAlone: () => false };
  const gzip = { bytes: notRead(), raw, decoded: true, gzipRemoved: true };
  expect(await consume(gzip, await fileSink(path), store, { ...options, threads })).toEqual(consumed);
});

it.each([
  ['a large one for who keeps the chunks', LARGE],
  ['one that is not large', 1_000_000],
])('inflates a gzip file by a stream: %s', async (_, total) => {
  const { store, raw, options } = await gzipFile(content, total);
  const kept: Buffer[] = [];
  const write = async (chunk: Buffer): Promise<void> => void (await Promise.resolve(kept.push(chunk)));
  const sink = { write, end: async () => {}, abort: async () => {} };
  const gzip = { bytes: gunzip(raw), raw: notRead(), decoded: true, gzipRemoved: true };
  expect(await consume(gzip, sink, store, options)).toEqual(consumed);
  expect(Buffer.concat(kept).equals(content)).toBe(true);
});

it('gives up a file at once of which the disk says in between that it is lost', async () => {
  const { path, store, abandon, options } = await gzipFile(content, LARGE);
  const failure = new Error('EIO');
  const sync = vi.fn(async () => await Promise.reject(failure));
  // A server that is silent then.
  async function* endless(): AsyncGenerator<Buffer, void, undefined> {
    yield gzipSync(content).subarray(0, 1000);
    vi.spyOn(store, 'size', 'get').mockReturnValue(LARGE);
    store.onWritten?.();
    await vi.waitFor(() => expect(abandon).toHaveBeenCalledWith(failure));
    throw new Error('given up');
  }
  const gzip = { bytes: notRead(), raw: endless(), decoded: true, gzipRemoved: true };
  const sink = { ...(await fileSink(path)), sync };
  await expect(consume(gzip, sink, store, options)).rejects.toBe(failure);
  expect(sync).toHaveBeenCalledOnce();
  expect(store.onWritten).toBeUndefined();
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});
