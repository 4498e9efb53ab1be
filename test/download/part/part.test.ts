import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { Part } from '../../../src/download/part/part.ts';
import { IntegrityError } from '../../../src/errors.ts';
import { collect, noise } from '../../helpers/bytes.ts';

const bytes = noise(1_000_000);

let path: string;

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  path = join(directory, '.a.csv.part');
  onTestFinished(async () => await rm(directory, { recursive: true }));
});

/** The part that an earlier run has left. */
async function leftPart(): Promise<Part> {
  const earlier = new Part(path, 'a.csv');
  await earlier.append(bytes);
  await earlier.close();
  const part = await Part.open(path, 'a.csv');
  onTestFinished(async () => await part.close());
  return part;
}

describe('reading a part', () => {
  it('yields every byte, also those that are not on disk yet', async () => {
    const part = await leftPart();
    const more = noise(3_000_000, 2);
    await part.append(more);
    expect((await collect(part.read())).equals(Buffer.concat([bytes, more]))).toBe(true);
  });

  it('leaves what it has yielded as it is', async () => {
    const pieces: Buffer[] = [];
    const copies: Buffer[] = [];
    for await (const piece of (await leftPart()).read()) {
      pieces.push(piece);
      copies.push(Buffer.from(piece));
    }
    expect(pieces.length).toBeGreaterThan(2);
    expect(Buffer.concat(pieces).equals(Buffer.concat(copies))).toBe(true);
  });

  it('may end anywhere: the part can be read again, and started over', async () => {
    const part = await leftPart();
    for await (const piece of part.read()) {
      expect(piece.length).toBeLessThan(bytes.length);
      break;
    }
    expect((await collect(part.read())).equals(bytes)).toBe(true);
    await part.restart();
    expect(part.size).toBe(0);
    await part.append(Buffer.from('anew'));
    await part.flush();
    expect(await readFile(path, 'utf8')).toBe('anew');
  });

  it('tells when somebody else has made it shorter meanwhile', async () => {
    const part = await leftPart();
    const reading = part.read()[Symbol.asyncIterator]();
    await reading.next();
    await truncate(path, 100);
    const rest = (async () => {
      while ((await reading.next()).done !== true);
    })();
    await expect(rest).rejects.toThrow(IntegrityError);
  });
});
