import { createHash, type Hash } from 'node:crypto';

import type { Link } from '../api/link.ts';
import { IntegrityError } from '../errors.ts';

type Algorithm = 'md5' | 'sha1' | 'sha256' | 'sha512';

/** Something that the raw bytes of a file must be. */
export interface Expectation {
  /** Who says so, for the error. */
  readonly source: string;
  readonly algorithm: Algorithm | 'size';
  /** Lower-case hex, or a decimal number of bytes. */
  readonly value: string;
}

/** A checksum that the raw bytes must have. */
export interface Digest extends Expectation {
  readonly algorithm: Algorithm;
}

/** What the provider's API says of a file. */
export function linkExpectations({ size, checksums }: Link): Expectation[] {
  const expectations: Expectation[] = [];
  if (size !== undefined) expectations.push({ source: 'the API', algorithm: 'size', value: String(size) });
  for (const algorithm of ['md5', 'sha1', 'sha256'] as const) {
    const value = checksums[algorithm];
    if (value !== undefined) expectations.push({ source: 'the API', algorithm, value });
  }
  return expectations;
}

/**
 * What the headers of a download say of the whole file: `Repr-Digest` (RFC 9530), `Digest` (RFC 3230), `Content-MD5`
 * (RFC 1864, of a 200 only: that of a 206 is of the range) and the entity tag of S3, which is the MD5 of an object
 * that was uploaded in one part and is not encrypted with a key of KMS or of the customer.
 */
export function headerDigests(status: number, headers: Readonly<Record<string, string>>): Digest[] {
  const digests: Digest[] = [];
  const add = (source: string, algorithm: Algorithm, base64: string): void => {
    const value = Buffer.from(base64, 'base64').toString('hex');
    if (value.length === HEX_LENGTH[algorithm]) digests.push({ source, algorithm, value });
  };
  for (const [, name = '', base64 = ''] of (headers['repr-digest'] ?? '').matchAll(/([\w-]+)=:([^:]+):/g)) {
    const algorithm = ALGORITHMS[name.toLowerCase()];
    if (algorithm !== undefined) add('Repr-Digest', algorithm, base64);
  }
  for (const [, name = '', base64 = ''] of (headers['digest'] ?? '').matchAll(
    /([\w-]+)=([A-Za-z0-9+/]+=*)/g,
  )) {
    const algorithm = ALGORITHMS[name.toLowerCase()];
    if (algorithm !== undefined) add('Digest', algorithm, base64);
  }
  const contentMd5 = headers['content-md5'];
  if (contentMd5 !== undefined && status === 200) add('Content-MD5', 'md5', contentMd5);
  const etag = /^"([0-9a-f]{32})"$/.exec(headers['etag'] ?? '')?.[1];
  if (etag !== undefined && isPlainS3(headers)) {
    digests.push({ source: 'the S3 ETag', algorithm: 'md5', value: etag });
  }
  return digests;
}

/** All of `known`, and those of `told` that say anything new. */
export function mergeDigests(known: readonly Digest[], told: readonly Digest[]): Digest[] {
  const isNew = ({ algorithm, value }: Digest): boolean =>
    !known.some((one) => one.algorithm === algorithm && one.value === value);
  return [...known, ...told.filter(isNew)];
}

/** Hashes of everything that is passed to `update`. */
export class RawHashes {
  readonly #hashes = new Map<Algorithm, Hash>();
  #bytes = 0;

  constructor(algorithms: Iterable<Algorithm>) {
    for (const algorithm of algorithms) this.#hashes.set(algorithm, createHash(algorithm));
  }

  update(chunk: Buffer): void {
    this.#bytes += chunk.length;
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  /** Throws IntegrityError for the first expectation that is not met. To be called once, at the end. */
  verify(expectations: readonly Expectation[]): void {
    const found = new Map<string, string>([['size', String(this.#bytes)]]);
    for (const [algorithm, hash] of this.#hashes) found.set(algorithm, hash.digest('hex'));
    for (const { source, algorithm, value } of expectations) {
      const actual = found.get(algorithm);
      if (actual === undefined || actual === value) continue;
      throw new IntegrityError(`${source} announced ${algorithm} ${value}, what came has ${actual}`, {
        hint: 'run the same command again, once; if it happens again, the file is damaged at its source',
      });
    }
  }
}

/** Every algorithm, for bytes that are hashed before the first answer tells which are wanted. */
export const everyAlgorithm: readonly Algorithm[] = ['md5', 'sha1', 'sha256', 'sha512'];

/** The algorithms that `expectations` need. */
export function algorithmsOf(expectations: readonly Expectation[]): Set<Algorithm> {
  return new Set(expectations.map(({ algorithm }) => algorithm).filter((algorithm) => algorithm !== 'size'));
}

const HEX_LENGTH = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  md5: 'md5',
  sha: 'sha1',
  'sha-256': 'sha256',
  'sha-512': 'sha512',
};

function isPlainS3(headers: Readonly<Record<string, string>>): boolean {
  const isS3 = 'x-amz-request-id' in headers || headers['server'] === 'AmazonS3';
  const encryption = headers['x-amz-server-side-encryption'] ?? 'AES256';
  return isS3 && encryption === 'AES256' && !('x-amz-server-side-encryption-customer-algorithm' in headers);
}
