import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chunkSizeFor, gunzipSmall } from '../../../src/download/decode/gunzip-small.ts';
import { gunzip, looksLikeGzip } from '../../../src/download/decode/gunzip.ts';
import { gunzipInPlace } from '../../../src/download/decode/gunzip-in-place.ts';
import { canInflateSync } from '../../../src/download/decode/sync-inflater.ts';
import { IntegrityError } from '../../../src/errors.ts';
import { collect, inPieces, noise } from '../../helpers/bytes.ts';

const members = [Buffer.from('id,name\n1,Ada\n'), noise(300), Buffer.alloc(5000, 'row\n')];
const zipped = members.map((member) => gzipSync(member));
const content = Buffer.concat(members);
const file = Buffer.concat(zipped);
const boundaries = [zipped[0]!.length, zipped[0]!.length + zipped[1]!.length];

/** `size` is that of the source, in bytes. */
type Inflate = (source: AsyncIterable<Buffer>, size: number) => Promise<Buffer>;

const streamed: Inflate = async (source) => await collect(gunzip(source));

const ofKnownSize: Inflate = async (source, size) => await collect(gunzip(source, size));

/** Into so little memory that it is used again and again. */
const inPlace: Inflate = async (source) => {
  const pieces: Buffer[] = [];
  let [last, lastWas]: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
  for await (const piece of gunzipInPlace(source, 1000)) {
    // What came before this piece is still what it was.
    expect(last.equals(lastWas)).toBe(true);
    [last, lastWas] = [piece, Buffer.from(piece)];
    pieces.push(lastWas);
  }
  return Buffer.concat(pieces);
};

/** Fails on the leak of a rejection, which vitest reports as an error of the run. */
const settled = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 20));

describe.each([
  ['by a stream', streamed],
  ['of a known size', ofKnownSize],
  ['in place', inPlace],
])('%s:', (_, inflateAll) => {
  const inflate = async (bytes: Buffer, cuts: readonly number[] = []): Promise<Buffer> =>
    await inflateAll(inPieces(bytes, cuts), bytes.length);

  describe('a whole gzip file', () => {
    it('gives the same content however its bytes are cut into chunks', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(file.length)), async (cuts) => {
          expect((await inflate(file, cuts)).equals(content)).toBe(true);
        }),
        { numRuns: 100 },
      );
    });

    it('gives its content also byte by byte', async () => {
      expect((await inflate(file, [...file.keys()])).equals(content)).toBe(true);
    });

    it('may hold nothing', async () => {
      expect(await inflate(gzipSync(Buffer.alloc(0)))).toHaveLength(0);
    });

    it('may hold long runs of zeros, stored or compressed', async () => {
      const zeros = Buffer.concat([Buffer.from('a'), Buffer.alloc(3_000_000), Buffer.from('b')]);
      for (const level of [0, 9]) {
        const cuts = Array.from({ length: 40 }, (_, at) => at * 70_001);
        expect((await inflate(gzipSync(zeros, { level }), cuts)).equals(zeros)).toBe(true);
      }
    });
  });

  describe('a file that is cut', () => {
    it('fails at every byte, except exactly between two members, where it cannot be seen', async () => {
      const unnoticed: number[] = [];
      for (let at = 0; at < file.length; at += 1) {
        const outcome = await inflate(file.subarray(0, at)).catch((error: unknown) => error);
        if (!(outcome instanceof IntegrityError)) unnoticed.push(at);
      }
      expect(unnoticed).toEqual(boundaries);
    });

    it('says so', async () => {
      await expect(inflate(file.subarray(0, -1))).rejects.toThrow('the gzip file is cut short');
    });
  });

  describe('a file that is damaged', () => {
    it.each([
      ['checksum', 8],
      ['size', 4],
    ])('fails for a wrong %s at its end', async (_, fromEnd) => {
      const damaged = Buffer.from(file);
      damaged[damaged.length - fromEnd]! ^= 1;
      await expect(inflate(damaged)).rejects.toThrow(/^the gzip file is damaged: incorrect/);
    });

    it('fails for any flipped bit, unless nothing depends on it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(zipped[0]!.length - 1), fc.nat(7), async (at, bit) => {
          const damaged = Buffer.from(zipped[0]!);
          damaged[at]! ^= 1 << bit;
          const outcome = await inflate(damaged).catch((error: unknown) => error);
          expect(outcome instanceof IntegrityError || members[0]!.equals(outcome as Buffer)).toBe(true);
        }),
        { numRuns: 200 },
      );
    });
  });

  describe('what follows the last member', () => {
    it('may be zero padding, in any number of chunks', async () => {
      const padded = Buffer.concat([file, Buffer.alloc(2_000_000)]);
      for (const cuts of [[], [file.length], [file.length + 1, file.length + 2, file.length + 900_000]]) {
        expect((await inflate(padded, cuts)).equals(content)).toBe(true);
      }
    });

    it.each([
      ['text', Buffer.from('more')],
      ['one byte', Buffer.from([1])],
      ['padding and then text', Buffer.from('\0\0\0more')],
      ['padding and then another member', Buffer.concat([Buffer.alloc(9), gzipSync('b')])],
      ['much padding and then another member', Buffer.concat([Buffer.alloc(3_000_000), gzipSync('b')])],
    ])('must not be %s, in the same chunk or a later one', async (_, garbage) => {
      const long = Buffer.concat([file, garbage]);
      for (const cuts of [[], [file.length], [file.length + 1], [file.length - 3, file.length + 2]]) {
        await expect(inflate(long, cuts), `cut at ${cuts.join()}`).rejects.toBeInstanceOf(IntegrityError);
      }
    });

    it('must not be garbage that comes long after the end was seen', async () => {
      async function* late(): AsyncGenerator<Buffer> {
        yield file;
        await settled();
        yield Buffer.from('more');
      }
      await expect(inflateAll(late(), file.length + 4)).rejects.toBeInstanceOf(IntegrityError);
    });
  });
});

it('can be inflated synchronously by the Node that runs this', () => {
  // Where it cannot, files are decoded by a stream: slower, and nobody would notice.
  expect(canInflateSync()).toBe(true);
});

describe('the source', () => {
  it('passes its error through as it is', async () => {
    const failure = new Error('the connection was reset');
    for (const given of [Buffer.alloc(0), file.subarray(0, 5), file.subarray(0, -1), file]) {
      const source = async function* (): AsyncGenerator<Buffer> {
        yield given;
        throw failure;
      };
      await expect(collect(gunzip(source()))).rejects.toBe(failure);
    }
  });

  it('is ended when the consumer wants no more', async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield gzipSync(noise(400_000));
      } finally {
        ended = true;
      }
    }
    for await (const chunk of gunzip(endless())) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(ended).toBe(true);
    await settled();
  });

  it('is read no faster than the consumer takes the content', async () => {
    let pulled = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        pulled += 1;
        yield gzipSync(noise(300_000));
      }
    }
    const content = gunzip(endless());
    await content.next();
    await settled();
    expect(pulled).toBeLessThan(10);
    await content.return();
  });
});

it('is recognised by its first three bytes', () => {
  expect(looksLikeGzip(file)).toBe(true);
  expect(looksLikeGzip(file.subarray(0, 2))).toBe(false);
  expect(looksLikeGzip(Buffer.from('PK\x03\x04'))).toBe(false);
});

describe('what a small file says of its size', () => {
  const zippedWith = (isize: number): Buffer => {
    const bytes = gzipSync(noise(100));
    bytes.writeUInt32LE(isize, bytes.length - 4);
    return bytes;
  };

  it.each([
    ['nothing', 0, 16 * 1024],
    ['the truth', 165_854, 165_855],
    ['the most there is', 0xff_ff_ff_ff, 512 * 1024],
  ])('is believed within limits: %s', (_, isize, expected) => {
    expect(chunkSizeFor(zippedWith(isize))).toBe(expected);
  });

  it('is checked', () => {
    expect(() => gunzipSmall(zippedWith(0xff_ff_ff_ff))).toThrow(IntegrityError);
  });

  it('may be missing', () => {
    expect(chunkSizeFor(Buffer.from([0x1f]))).toBe(16 * 1024);
  });
});
