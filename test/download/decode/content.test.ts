import { gunzipSync, gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import { openContent } from '../../../src/download/decode/content.ts';
import { IntegrityError, ProtocolError } from '../../../src/errors.ts';
import { collect, inPieces } from '../../helpers/bytes.ts';

const plain = Buffer.from('id,name\n1,Ada\n');
const once = gzipSync(plain);
const twice = gzipSync(once);

async function open(
  raw: Buffer,
  { encoding, keepCompressed = false, name = 'a.csv.gz' }: Partial<Options> = {},
) {
  const content = await openContent(inPieces(raw, [1, 2, 3, 20]), {
    encoding: () => encoding,
    keepCompressed,
    name: () => name,
  });
  const { decoded, gzipRemoved } = content;
  return { bytes: await collect(content.bytes), decoded, gzipRemoved };
}

interface Options {
  encoding: string;
  keepCompressed: boolean;
  name: string;
}

const asIs = (bytes: Buffer) => ({ bytes, decoded: false, gzipRemoved: false });

describe('without a content coding', () => {
  it('inflates what is gzip, whatever its name says', async () => {
    const inflated = { bytes: plain, decoded: true, gzipRemoved: true };
    expect(await open(once)).toEqual(inflated);
    expect(await open(once, { name: 'a.csv' })).toEqual(inflated);
  });

  it('keeps gzip with keepCompressed', async () => {
    expect(await open(once, { keepCompressed: true })).toEqual(asIs(once));
  });

  it.each([
    ['plain bytes under a name in .gz', plain],
    ['an empty body', Buffer.alloc(0)],
    ['one byte', Buffer.from([0x1f])],
    ['two bytes that begin like gzip', Buffer.from([0x1f, 0x8b])],
    ['a zip archive', Buffer.from('PK\x03\x04 and so on')],
  ])('takes %s as it is', async (_, bytes) => {
    expect(await open(bytes)).toEqual(asIs(bytes));
  });

  it('takes one layer off what was compressed twice', async () => {
    expect((await open(twice)).bytes).toEqual(once);
  });
});

describe.each(['gzip', 'x-gzip'])('with Content-Encoding %s', (encoding) => {
  it('removes the coding from plain bytes and leaves the name alone', async () => {
    const decoded = { bytes: plain, decoded: true, gzipRemoved: true };
    expect(await open(once, { encoding, name: 'a.csv' })).toEqual(decoded);
  });

  it('removes the coding and then inflates the file', async () => {
    expect((await open(twice, { encoding })).bytes).toEqual(plain);
  });

  it('removes only the coding from a gzip file with keepCompressed', async () => {
    const { bytes, decoded, gzipRemoved } = await open(twice, {
      encoding,
      keepCompressed: true,
      name: 'a.csv',
    });
    expect(gunzipSync(bytes)).toEqual(plain);
    expect([decoded, gzipRemoved]).toEqual([true, false]);
  });

  it.each(['a.csv.gz', 'a.CSV.GZ', 'a.tgz', 'a.gzip'])(
    'takes the coding of %s for the file’s own with keepCompressed',
    async (name) => {
      expect(await open(once, { encoding, keepCompressed: true, name })).toEqual(asIs(once));
    },
  );

  it('takes a body as it is that does not have the coding', async () => {
    expect(await open(plain, { encoding })).toEqual(asIs(plain));
    expect(await open(Buffer.alloc(0), { encoding })).toEqual(asIs(Buffer.alloc(0)));
  });

  it('fails for a coding that is cut', async () => {
    await expect(open(once.subarray(0, -1), { encoding })).rejects.toBeInstanceOf(IntegrityError);
    await expect(open(twice.subarray(0, -1), { encoding })).rejects.toBeInstanceOf(IntegrityError);
  });
});

it('refuses a coding that was not asked for', async () => {
  await expect(open(plain, { encoding: 'br' })).rejects.toBeInstanceOf(ProtocolError);
});

it.each([
  ['one layer of gzip', once],
  ['two', gzipSync(twice)],
])('of %s below a coding can be given up before it is read', async (_, member) => {
  let isEnded = false;
  async function* endless() {
    try {
      for (;;) yield member;
    } finally {
      isEnded = true;
    }
  }
  const options = { encoding: () => 'gzip', keepCompressed: false, name: () => 'a.csv' };
  const content = await openContent(endless(), options);
  await content.close?.();
  expect(isEnded).toBe(true);
});
