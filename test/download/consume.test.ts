import { expect, it } from 'vitest';

import { consume } from '../../src/download/consume.ts';
import { DecodePool } from '../../src/download/decode/pool.ts';
import type { RawStore } from '../../src/download/part.ts';
import { TailStore } from '../../src/download/tail-store.ts';
import { inPieces } from '../helpers/bytes.ts';

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
  const pool = new DecodePool();
  const { signal } = new AbortController();
  const options = { maxBytes: undefined, poolFor: () => pool, abandon: () => undefined, signal };
  await expect(consume(content, sink, store, options)).rejects.toBe(failure);
  expect(done).toEqual(['abort']);
});

it('does not trust a raw file of which somebody else has taken something away', async () => {
  const decoded = Promise.resolve({ rawBytes: 5, bytes: 5, sha256: 'of five bytes' });
  const running = { decoded, more: () => undefined, finish: () => undefined, stop: async () => {} };
  const pool = { open: async () => await Promise.resolve(running) } as unknown as DecodePool;
  const store: RawStore = new TailStore('a.csv');
  await store.append(Buffer.from('a row\n'));
  store.flush = async () => await Promise.resolve({ descriptor: 1, path: 'a.part' });
  const raw = inPieces(Buffer.from('a row\n'), []);
  const content = { bytes: raw, raw, decoded: false, gzipRemoved: false };
  const { signal } = new AbortController();
  const options = { maxBytes: undefined, poolFor: () => pool, abandon: () => undefined, signal };
  await expect(consume(content, undefined, store, options)).rejects.toMatchObject({ exitCode: 65 });
});
