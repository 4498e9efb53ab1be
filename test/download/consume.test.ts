import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, it, onTestFinished, vi } from 'vitest';

import { consume } from '../../src/download/consume.ts';
import { DecodePool } from '../../src/download/decode/pool.ts';
import type { RawStore } from '../../src/download/part.ts';
import { fileSink } from '../../src/download/sinks.ts';
import { TailStore } from '../../src/download/tail-store.ts';
import { hashOf, inPieces, noise } from '../helpers/bytes.ts';

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
  const pool = new DecodePool({ cores: 2, largeBytes: 0 });
  const { signal } = new AbortController();
  const options = {
    maxBytes: undefined,
    threads: { pool, isAlone: () => false },
    abandon: () => undefined,
    signal,
  };
  await expect(consume(content, sink, store, options)).rejects.toBe(failure);
  expect(done).toEqual(['abort']);
});

it('does not trust a raw file of which somebody else has taken something away', async () => {
  const decoded = Promise.resolve({ rawBytes: 5, bytes: 5, sha256: 'of five bytes' });
  const running = { decoded, more: () => undefined, finish: () => undefined, stop: async () => {} };
  const pool = {
    isWorthwhile: () => true,
    open: async () => await Promise.resolve(running),
  } as unknown as DecodePool;
  const store: RawStore = new TailStore('a.csv');
  await store.append(Buffer.from('a row\n'));
  store.flush = async () => await Promise.resolve({ descriptor: 1, path: 'a.part' });
  const raw = inPieces(Buffer.from('a row\n'), []);
  const content = { bytes: raw, raw, decoded: false, gzipRemoved: false };
  const { signal } = new AbortController();
  const options = {
    maxBytes: undefined,
    threads: { pool, isAlone: () => false },
    abandon: () => undefined,
    signal,
  };
  await expect(consume(content, undefined, store, options)).rejects.toMatchObject({ exitCode: 65 });
});

const LARGE = 32 * 1024 * 1024;

/** In a large file's stead: it is only said to be one. */
async function large(content: Buffer) {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const path = join(folder, 'a.out');
  const store: RawStore = new TailStore('a.csv');
  await store.learn({ identity: 'a.csv', total: LARGE });
  const zipped = gzipSync(content);
  const raw = inPieces(zipped, [10, Math.floor(zipped.length / 2)]);
  const { signal } = new AbortController();
  const options = { maxBytes: undefined, abandon: () => undefined, signal };
  return { path, store, raw, options, sink: await fileSink(path) };
}

it.each([
  ['more than its memory', Buffer.concat([noise(3_000_000), Buffer.alloc(5_000_000, 'a row\n')])],
  ['nothing', Buffer.alloc(0)],
])('inflates a large file that is alone in place: %s', async (_, content) => {
  const { path, store, raw, sink, options } = await large(content);
  const gzip = { bytes: notRead(), raw, decoded: true, gzipRemoved: true };
  expect(await consume(gzip, sink, store, options)).toEqual({
    bytes: content.length,
    sha256: hashOf('sha256', content),
  });
  expect((await readFile(path)).equals(content)).toBe(true);
});

// oxlint-disable-next-line require-yield -- there is nothing to it
async function* notRead(): AsyncGenerator<Buffer, void, undefined> {
  throw new Error('the stream was not to be used');
}

it('gives up a file of which the disk says in between that it is lost', async () => {
  const { path, store, raw, sink, options } = await large(noise(1000));
  const failure = new Error('EIO');
  const sync = vi.fn(async () => await Promise.reject(failure));
  async function* growing(): AsyncGenerator<Buffer, void, undefined> {
    vi.spyOn(store, 'size', 'get').mockReturnValue(LARGE);
    store.onWritten?.();
    yield* raw;
  }
  const gzip = { bytes: growing(), raw: growing(), decoded: true, gzipRemoved: true };
  await expect(consume(gzip, { ...sink, sync }, store, options)).rejects.toBe(failure);
  expect(sync).toHaveBeenCalledOnce();
  await expect(readFile(path)).rejects.toThrow('ENOENT');
});
