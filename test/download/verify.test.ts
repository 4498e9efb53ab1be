import { gzipSync } from 'node:zlib';

import { describe, expect, it } from 'vitest';

import type { Link } from '../../src/api/link.ts';
import { headerDigests } from '../../src/download/verify.ts';
import { hashOf, noise } from '../helpers/bytes.ts';
import { inOrder } from '../helpers/scripted-server.ts';
import { inWorld } from './world.ts';

const bytes = noise(30_000);
const other = noise(30_000, 2);
const md5 = hashOf('md5', bytes);
const base64 = (algorithm: string, of = bytes) => hashOf(algorithm, of, 'base64');

type Headers = Record<string, string>;

/** What the API, or the download's headers, may say of a file. */
const claims: readonly [string, (of: Buffer) => { link?: Partial<Link>; headers?: Headers }][] = [
  ['a size from the API', (of) => ({ link: { size: of === bytes ? of.length : of.length + 1 } })],
  ['an MD5 from the API', (of) => ({ link: { checksums: { md5: hashOf('md5', of) } } })],
  ['a SHA-1 from the API', (of) => ({ link: { checksums: { sha1: hashOf('sha1', of) } } })],
  ['a SHA-256 from the API', (of) => ({ link: { checksums: { sha256: hashOf('sha256', of) } } })],
  ['Content-MD5', (of) => ({ headers: { 'content-md5': base64('md5', of) } })],
  ['Digest', (of) => ({ headers: { digest: `unixsum=5,sha-256=${base64('sha256', of)}` } })],
  ['Digest with SHA-1', (of) => ({ headers: { digest: `SHA=${base64('sha1', of)}` } })],
  ['Repr-Digest', (of) => ({ headers: { 'repr-digest': `sha-512=:${base64('sha512', of)}:` } })],
  ['an ETag of S3', (of) => ({ headers: { etag: `"${hashOf('md5', of)}"`, 'x-amz-request-id': 'R' } })],
];

describe.each(claims)('%s', (_, claim) => {
  it('is met by the right bytes, also when they came in two parts', async () => {
    const { link = {}, headers = {} } = claim(bytes);
    await inWorld({ files: { 'a.csv': { bytes, headers } }, link }, async (world) => {
      world.server.fault = inOrder({ cutAfter: 20_000 });
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
    });
  });

  it('is not met by others: nothing lands, and nothing is kept', async () => {
    const { link = {}, headers = {} } = claim(other);
    await inWorld({ files: { 'a.csv': { bytes, headers } }, link }, async (world) => {
      expect((await world.save()).failures).toMatchObject([
        { exitCode: 65, message: expect.stringContaining('announced') },
      ]);
      expect(await world.landed()).toEqual([]);
      expect(await world.everythingOnDisk()).not.toContain(bytes.subarray(0, 50).toString('latin1'));
      // The next run begins anew, and finds the same.
      world.server.requests.length = 0;
      expect((await world.save()).failures).toMatchObject([{ exitCode: 65 }]);
      expect(world.server.requests.map(({ headers }) => headers.range)).toEqual([undefined]);
    });
  });

  it('is not met by an empty file', async () => {
    const { link = {}, headers = {} } = claim(bytes);
    await inWorld({ files: { 'a.csv': { bytes: Buffer.alloc(0), headers } }, link }, async (world) => {
      expect((await world.save()).failures).toMatchObject([{ exitCode: 65 }]);
    });
  });

  it('speaks of the compressed bytes of a compressed file', async () => {
    const zipped = gzipSync(bytes);
    const { link = {}, headers = {} } = claim(zipped);
    const sized = link.size === undefined ? link : { size: zipped.length };
    await inWorld({ files: { 'a.csv.gz': { bytes: zipped, headers } }, link: sized }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      expect(await world.read('a.csv')).toEqual(bytes);
    });
  });
});

describe('a header', () => {
  const found = (status: number, headers: Headers) => headerDigests(status, headers);

  it('Content-MD5 speaks of the whole file only in a 200', () => {
    const headers = { 'content-md5': base64('md5') };
    expect(found(200, headers)).toEqual([{ source: 'Content-MD5', algorithm: 'md5', value: md5 }]);
    expect(found(206, headers)).toEqual([]);
  });

  it('ETag is an MD5 only of an object of S3 that is stored as it is', () => {
    const etag = `"${md5}"`;
    const isMd5 = (headers: Headers) => found(206, { etag, ...headers }).length === 1;
    expect(isMd5({ server: 'AmazonS3' })).toBe(true);
    expect(isMd5({ 'x-amz-request-id': 'R', 'x-amz-server-side-encryption': 'AES256' })).toBe(true);
    expect(isMd5({})).toBe(false);
    expect(isMd5({ server: 'nginx' })).toBe(false);
    expect(isMd5({ server: 'AmazonS3', 'x-amz-server-side-encryption': 'aws:kms' })).toBe(false);
    expect(isMd5({ server: 'AmazonS3', 'x-amz-server-side-encryption-customer-algorithm': 'AES256' })).toBe(
      false,
    );
    expect(isMd5({ server: 'AmazonS3', etag: `"${md5}-7"` })).toBe(false);
    expect(isMd5({ server: 'AmazonS3', etag: `W/"${md5}"` })).toBe(false);
  });

  it('may list several digests, of which the known ones count', () => {
    const [sha256, sha512] = [base64('sha256'), base64('sha512')];
    expect(found(206, { 'repr-digest': `sha-256=:${sha256}:, id-crc=:AAA=:, sha-512=:${sha512}:` })).toEqual([
      { source: 'Repr-Digest', algorithm: 'sha256', value: hashOf('sha256', bytes) },
      { source: 'Repr-Digest', algorithm: 'sha512', value: hashOf('sha512', bytes) },
    ]);
  });

  it.each<Headers>([
    { 'content-md5': 'not base64 at all' },
    { digest: 'md5=AAAA' },
    { 'repr-digest': 'sha-256=?1' },
    { 'content-digest': `sha-256=:${base64('sha256')}:` },
  ])('%o says nothing', (headers) => {
    expect(found(200, headers)).toEqual([]);
  });
});
