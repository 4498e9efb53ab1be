import { expect, it } from 'vitest';

import { consume } from '../../src/download/consume.ts';
import { DecodeThreads } from '../../src/download/decode/threads.ts';
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
  const threads = new DecodeThreads();
  const options = { maxBytes: undefined, decodersFor: () => threads, abandon: () => undefined };
  await expect(consume(content, sink, store, options)).rejects.toBe(failure);
  expect(done).toEqual(['abort']);
});
