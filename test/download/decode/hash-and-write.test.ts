import { gzipSync } from 'node:zlib';

import { expect, it, vi } from 'vitest';

import { gunzipInPlace } from '../../../src/download/decode/gunzip-in-place.ts';
import { hashAndWrite } from '../../../src/download/decode/hash-and-write.ts';
import type { Sink } from '../../../src/download/sinks.ts';
import { hashOf, inPieces, noise } from '../../helpers/bytes.ts';

const { signal } = new AbortController();
const content = noise(50_000);

/** A sink that is about to write for a while. */
function slowSink(write: (chunk: Buffer) => void): Sink {
  return {
    write: async (chunk) => {
      for (let turns = 0; turns < 5; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      write(chunk);
    },
    end: async () => {},
    abort: async () => {},
  };
}

async function* chunksOf(...chunks: Buffer[]): AsyncGenerator<Buffer, void, undefined> {
  yield* chunks;
}

it('writes each chunk before its memory is used again', async () => {
  const written: Buffer[] = [];
  const sink = slowSink((chunk) => written.push(Buffer.from(chunk)));
  const chunks = gunzipInPlace(inPieces(gzipSync(content), [20_000]), 1000);
  expect(await hashAndWrite(chunks, sink, { maxBytes: undefined, abandon: vi.fn(), signal })).toEqual({
    bytes: content.length,
    sha256: hashOf('sha256', content),
  });
  expect(Buffer.concat(written).equals(content)).toBe(true);
});

it.each([
  ['the last', 3],
  ['another', 1],
])('fails with a chunk that cannot be written: %s', async (_, failing) => {
  const failure = new Error('ENOSPC');
  let written = 0;
  const sink = slowSink(() => {
    written += 1;
    if (written === failing) throw failure;
  });
  const abandon = vi.fn();
  const chunks = chunksOf(content, content, content);
  await expect(hashAndWrite(chunks, sink, { maxBytes: undefined, abandon, signal })).rejects.toBe(failure);
  expect(abandon).toHaveBeenCalledWith(failure);
});

it('gives up what the server may never send, at once when a write fails', async () => {
  const failure = new Error('ENOSPC');
  const abandon = vi.fn();
  async function* silent(): AsyncGenerator<Buffer, void, undefined> {
    yield content;
    await vi.waitFor(() => expect(abandon).toHaveBeenCalledWith(failure));
    throw new Error('given up');
  }
  const sink = slowSink(() => {
    throw failure;
  });
  await expect(hashAndWrite(silent(), sink, { maxBytes: undefined, abandon, signal })).rejects.toBe(failure);
});
