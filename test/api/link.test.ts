import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { urlExpiry, withoutSecrets, type Link } from '../../src/api/link.ts';
import { Redactor } from '../../src/secrets.ts';

const at = (url: string): string | undefined => {
  const expiry = urlExpiry(new URL(url));
  return expiry === undefined ? undefined : new Date(expiry).toISOString();
};

describe('the end of a signed URL', () => {
  it.each([
    [
      'AWS Signature V4',
      'https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-Signature=aa',
      '2013-05-25T00:00:00.000Z',
    ],
    [
      'AWS Signature V2',
      'https://b.s3.amazonaws.com/k?AWSAccessKeyId=AK&Expires=1425359248&Signature=y2jwr78kbVt44xz%2BfaEnp5dXKU%3D',
      '2015-03-03T05:07:28.000Z',
    ],
    [
      'Google V4',
      'https://storage.googleapis.com/b/k?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Date=20240506T070809Z&X-Goog-Expires=900&X-Goog-Signature=aa',
      '2024-05-06T07:23:09.000Z',
    ],
    [
      'Google V2',
      'https://storage.googleapis.com/b/k?GoogleAccessId=a%40b&Expires=1714979289&Signature=aa',
      '2024-05-06T07:08:09.000Z',
    ],
    [
      'Azure',
      'https://a.blob.core.windows.net/c/k?sv=2022-11-02&sr=b&sp=r&se=2024-05-06T07%3A08%3A09Z&sig=aa',
      '2024-05-06T07:08:09.000Z',
    ],
    [
      'Azure, a date only',
      'https://a.blob.core.windows.net/c/k?se=2024-05-06&sig=aa',
      '2024-05-06T00:00:00.000Z',
    ],
    [
      'CloudFront',
      'https://d1.cloudfront.net/k?Expires=1714979289&Signature=aa&Key-Pair-Id=APKA',
      '2024-05-06T07:08:09.000Z',
    ],
    [
      'lower-case keys',
      'https://h/k?x-amz-date=20130524T000000Z&x-amz-expires=30',
      '2013-05-24T00:00:30.000Z',
    ],
  ])('is read from %s', (_, url, instant) => {
    expect(at(url)).toBe(instant);
  });

  it.each([
    ['no query', 'https://h/k'],
    ['other parameters', 'https://h/k?a=1&token=abc'],
    ['no duration', 'https://h/k?X-Amz-Date=20130524T000000Z'],
    ['an empty duration', 'https://h/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires='],
    ['a negative duration', 'https://h/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=-5'],
    ['an endless duration', 'https://h/k?X-Amz-Date=20130524T000000Z&X-Amz-Expires=1e308'],
    ['no start', 'https://h/k?X-Amz-Expires=30'],
    ['a start that is no date', 'https://h/k?X-Amz-Date=yesterday&X-Amz-Expires=30'],
    ['an Expires that is a duration', 'https://h/k?Expires=3600'],
    ['an Expires that is a word', 'https://h/k?Expires=never'],
    ["an se that is nobody's signature", 'https://h/k?se=2024-05-06T07:08:09Z'],
    ['an se that is no date', 'https://h/k?se=1&sig=aa'],
  ])('is not read from %s', (_, url) => {
    expect(at(url)).toBeUndefined();
  });

  it('is a date or nothing, whatever the query says', () => {
    const key = fc.constantFrom(
      'X-Amz-Date',
      'X-Amz-Expires',
      'X-Goog-Date',
      'X-Goog-Expires',
      'Expires',
      'se',
      'sig',
    );
    const value = fc.oneof(
      fc.string(),
      fc.stringMatching(/^\d{8}T\d{6}Z$/),
      fc.stringMatching(/^\d{1,20}$/),
      fc.constant('2024-05-06T07:08:09Z'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value)), (query) => {
        const expiry = urlExpiry(new URL(`https://h/k?${new URLSearchParams(query).toString()}`));
        expect(() => new Date(expiry ?? 0).toISOString()).not.toThrow();
      }),
    );
  });
});

describe('an identity that holds a secret', () => {
  it('is replaced by its hash, always the same one', () => {
    const link = (identity: string): Link => ({
      ...{ identity, index: 0, auth: 'none', issuedAt: 0, expiresAt: undefined },
      ...{ url: new URL('https://store.example.com/'), name: undefined, size: undefined, checksums: {} },
    });
    const redactor = new Redactor();
    redactor.add('s3cret');
    const links = [link('/x/s3cret/a.csv'), link('/x/b.csv')];
    const [first, second] = withoutSecrets(links, redactor);
    expect(first?.identity).toMatch(/^[0-9a-f]{64}$/);
    expect(second).toBe(links[1]);
    expect(withoutSecrets(links, redactor)[0]).toEqual(first);
  });
});
