import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { expect, it, vi } from 'vitest';

import { noise } from '../helpers/bytes.ts';
import { inOrder } from '../helpers/scripted-server.ts';
import { inWorld, PATIENTLY } from './world.ts';

const where = [
  ['by a stream', undefined],
  ['in place', 'inPlace'],
  ['in a thread', 'thread'],
] as const;

it.each(where)('a file given up while the server is silent is not taken for whole: %s', async (_, method) => {
  // A cut exactly between two members shows nowhere else, and nobody has told the length.
  const members = [Buffer.concat([noise(200_000), Buffer.alloc(2_000_000)]), noise(300_000, 2)];
  const [first, second] = members.map((member) => gzipSync(member));
  const bytes = Buffer.concat([first!, second!]);
  await inWorld({ files: { 'a.csv': { bytes, chunked: true } }, method }, async (world) => {
    world.server.fault = inOrder({ stallAfter: first!.length });
    expect((await world.save({ maxBytes: 1_000_000 })).failures).toMatchObject([{ exitCode: 73 }]);
    expect((await world.save()).failures).toEqual([]);
    expect((await world.read('a.csv')).equals(Buffer.concat(members))).toBe(true);
  });
});

it.each(where)('an interrupt is heard also when every raw byte is here: %s', async (_, method) => {
  const zeros = gzipSync(Buffer.alloc(50_000_000));
  const bytes = Buffer.concat(Array.from({ length: 12 }, () => zeros));
  await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } }, method }, async (world) => {
    const running = world.save();
    const isHere = async (): Promise<void> => {
      const part = (await world.leftovers()).find((name) => name.endsWith('.part')) ?? '';
      expect((await stat(join(world.directory, part))).size).toBe(bytes.length);
    };
    await vi.waitFor(isHere, { ...PATIENTLY, interval: 1 });
    world.interruption.abort(new Error('interrupted'));
    await expect(running).rejects.toThrow('interrupted');
    expect(await world.landed()).toEqual([]);
    expect(await world.leftovers()).toEqual([
      expect.stringMatching(/\.part$/),
      expect.stringMatching(/\.part\.json$/),
    ]);
  });
});

it.each([
  ['a range', 76, { chunked: true }],
  ['a whole file', 65, { ignoreRange: true }],
])(
  'more than was announced of %s is told at once, although the server never ends',
  async (_, exitCode, how) => {
    const small = gzipSync(noise(8000));
    await inWorld({ files: { 'a.csv': { bytes: small, etag: '"v1"' } } }, async (world) => {
      const bytes = Buffer.concat([small, noise(200_000)]);
      const replaceWith = { bytes, etag: '"v1"', chunked: true };
      const contentRange = `bytes 4000-${small.length - 1}/${small.length}`;
      world.server.fault = inOrder(
        { cutAfter: 4000 },
        { replaceWith, contentRange, stallAfter: 100_000, ...how },
      );
      expect((await world.save()).failures).toMatchObject([{ exitCode }]);
      expect(await world.landed()).toEqual([]);
    });
  },
);
