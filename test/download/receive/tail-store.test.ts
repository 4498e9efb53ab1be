import { Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Links } from '../../../src/download/receive/links.ts';
import { remoteName } from '../../../src/download/name.ts';
import { OVERLAP_BYTES } from '../../../src/download/receive/plan.ts';
import { outputSink } from '../../../src/download/sinks.ts';
import { Source } from '../../../src/download/receive/source.ts';
import { TailStore } from '../../../src/download/receive/tail-store.ts';
import { transfer, type Transferred } from '../../../src/download/transfer.ts';
import { hashOf, noise } from '../../helpers/bytes.ts';
import { inOrder, type RemoteFile } from '../../helpers/scripted-server.ts';
import { inWorld, type World } from '../world.ts';

const bytes = noise(60_000);

/** Streams `a.csv` to `output`, as `--output -` does. */
async function stream(world: World, output: Buffer[]): Promise<Transferred | undefined> {
  const [link] = world.issue();
  const { clock, client } = world;
  const { signal } = world.interruption;
  const links = new Links([link!], {
    renew: world.renew,
    now: () => clock.now(),
    onRenewed: () => undefined,
  });
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      output.push(chunk);
      done();
    },
  });
  const source = new Source({ links, identity: 'a.csv', client, stallTimeoutMs: 5000, signal });
  return await transfer(new TailStore('a.csv'), source, {
    ...{ clock, signal, random: () => 0, retries: 3, keepCompressed: false, maxBytes: undefined },
    ...{ expectations: [], onProgress: () => undefined, onRetry: () => undefined },
    nameFor: (disposition) => remoteName(link!, disposition),
    onBegin: () => Promise.resolve(true),
    openSink: () => Promise.resolve(outputSink({ stream: sink, isTTY: false }, new AbortController().signal)),
  });
}

async function streaming(
  file: RemoteFile,
  play: (world: World, output: Buffer[]) => Promise<void>,
): Promise<void> {
  await inWorld({ files: { 'a.csv': file } }, async (world) => {
    await play(world, []);
  });
}

describe('a file that is streamed to standard output', () => {
  it.each<[string, Partial<RemoteFile>]>([
    ['a strong entity tag', { etag: '"v1"' }],
    ['a date', { lastModified: 'Mon, 06 May 2024 07:08:09 GMT' }],
    ['no validator', {}],
    ['an entity tag, but no ranges', { etag: '"v1"', ranges: false }],
  ])('goes on after a broken connection without repeating a byte, with %s', async (_, validator) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 3 }), async (cuts) => {
        await streaming({ bytes, ...validator }, async (world, output) => {
          world.server.fault = inOrder(...cuts.map((cutAfter) => ({ cutAfter })));
          const streamed = await stream(world, output);
          expect(Buffer.concat(output).equals(bytes)).toBe(true);
          expect(streamed).toMatchObject({ bytes: bytes.length, sha256: hashOf('sha256', bytes) });
        });
      }),
      { numRuns: 6 },
    );
  });

  it('is inflated on its way', async () => {
    await streaming({ bytes: gzipSync(bytes), etag: '"v1"' }, async (world, output) => {
      world.server.fault = inOrder({ cutAfter: 30_000 });
      await stream(world, output);
      expect(Buffer.concat(output).equals(bytes)).toBe(true);
    });
  });

  it('starts over as long as nothing of it was written', async () => {
    await streaming({ bytes, etag: '"v1"' }, async (world, output) => {
      const change = { bytes: noise(5000, 2), etag: '"v2"' };
      world.server.fault = inOrder({ cutAfter: 0 }, { replaceWith: change });
      await stream(world, output);
      expect(Buffer.concat(output)).toEqual(change.bytes);
    });
  });

  it.each([{ etag: '"v1"' }, {}])(
    'goes on with pieces of unknown total until the end is proven',
    async (validator) => {
      const file = { ...validator, chunked: true, atMost: 18_000, untold: true };
      for (const sent of [bytes, gzipSync(bytes)]) {
        await streaming({ ...file, bytes: sent }, async (world, output) => {
          world.server.fault = inOrder({ cutAfter: 20_000 });
          await stream(world, output);
          expect(Buffer.concat(output).equals(bytes)).toBe(true);
          expect(world.server.requests.at(-1)?.status).toBe(416);
        });
      }
    },
  );

  it('ends with 76, and nothing written, when its content coding was not asked for', async () => {
    const headers = { 'content-encoding': 'br' };
    await streaming({ bytes, headers }, async (world, output) => {
      await expect(stream(world, output)).rejects.toMatchObject({ exitCode: 76 });
      expect(output).toEqual([]);
    });
  });

  it('ends with 65 when a 416 says that it ends where the connection broke, against its length', async () => {
    await streaming({ bytes, etag: '"v1"' }, async (world, output) => {
      const headers = { etag: '"v1"', 'content-range': 'bytes */40000' };
      world.server.fault = inOrder({ cutAfter: 40_000 }, { status: 416, headers });
      await expect(stream(world, output)).rejects.toMatchObject({ exitCode: 65 });
    });
  });

  it.each<[string, RemoteFile, string]>([
    [
      'changes',
      { bytes: noise(60_000, 2), etag: '"v2"' },
      'the file changed while it was read; a part of it',
    ],
    [
      'has a wrong checksum',
      {
        bytes,
        etag: '"v1"',
        headers: { 'repr-digest': `sha-256=:${hashOf('sha256', noise(5), 'base64')}:` },
      },
      'Repr-Digest announced sha256',
    ],
  ])('ends with 65 and says why when it %s after a part was written', async (_, change, message) => {
    await streaming({ ...change, bytes, etag: '"v1"' }, async (world, output) => {
      world.server.fault = inOrder({ cutAfter: 40_000 }, { replaceWith: change });
      const failure = stream(world, output);
      await expect(failure).rejects.toMatchObject({
        exitCode: 65,
        message: expect.stringContaining(message),
      });
      await expect(failure).rejects.toThrow('is already on standard output');
      expect(bytes.subarray(0, Buffer.concat(output).length).equals(Buffer.concat(output))).toBe(true);
    });
  });
});

describe('its memory', () => {
  it('is of the last bytes alone', async () => {
    const store = new TailStore('a');
    for (let from = 0; from < bytes.length; from += 7000)
      await store.append(bytes.subarray(from, from + 7000));
    expect(store.size).toBe(bytes.length);
    expect(await store.tail(OVERLAP_BYTES)).toEqual(bytes.subarray(-OVERLAP_BYTES));
    expect(await store.tail(bytes.length)).toHaveLength(OVERLAP_BYTES);
    expect(await store.tail(5)).toEqual(bytes.subarray(-5));
    expect(await store.tail(0)).toHaveLength(0);
  });
});
