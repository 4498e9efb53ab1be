import { PassThrough, Readable } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { Body } from '../../../src/api/transport/body.ts';
import { collect, noise } from '../../helpers/bytes.ts';

describe('the pieces of a body', () => {
  it('are all of its bytes', async () => {
    const bytes = noise(5000);
    const body = Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]);
    expect(await collect(new Body(body))).toEqual(bytes);
  });

  it('come before the error, also those that nobody had asked for yet', async () => {
    const body = new PassThrough();
    const pieces = new Body(body);
    for (const text of ['a', 'b', 'c']) body.write(text);
    await new Promise(setImmediate);
    const failure = new Error('the connection was reset');
    body.destroy(failure);
    const got: string[] = [];
    const reading = (async () => {
      for await (const piece of pieces) got.push(piece.toString());
    })();
    await expect(reading).rejects.toBe(failure);
    expect(got.join('')).toBe('abc');
  });

  it('do not end like a whole body when it is given up', async () => {
    const body = new PassThrough();
    const pieces = new Body(body);
    body.write('a');
    await new Promise(setImmediate);
    body.destroy();
    const got: Buffer[] = [];
    const read = async (): Promise<void> => {
      for await (const piece of pieces) got.push(piece);
    };
    await expect(read()).rejects.toThrow('the body was given up before its end');
    expect(got).toEqual([Buffer.from('a')]);
  });

  it('are not piled up while nobody takes them', async () => {
    let made = 0;
    const block = noise(64 * 1024);
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        made += 1;
        yield block;
        await new Promise(setImmediate);
      }
    }
    const body = Readable.from(endless(), { highWaterMark: 4 });
    const pieces = new Body(body)[Symbol.asyncIterator]();
    await pieces.next();
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate);
    expect(made).toBeLessThan(40);
    for (let piece = 0; piece < 100; piece += 1) expect((await pieces.next()).done).toBe(false);
    expect(made).toBeGreaterThan(50);
    body.destroy();
  });
});
