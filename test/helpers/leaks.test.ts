import { describe, expect, it } from 'vitest';
import { leaksIn } from './leaks.ts';

const SECRET = 'AA~s3cret/with+signs=';

function leaks(url: string, headers: Record<string, string> = {}, origin: 'api' | 'store' = 'store') {
  return leaksIn([{ origin, method: 'GET', url, headers, status: 200 }], [SECRET]);
}

describe('the search for leaked credentials', () => {
  it.each([
    ['plain in the URL', `/file?token=${SECRET}`, {}],
    ['URL-encoded in the URL', `/file?token=${encodeURIComponent(SECRET)}`, {}],
    ['in base64 in the URL', `/file?token=${Buffer.from(SECRET).toString('base64url')}`, {}],
    ['plain in any header', '/file', { 'x-whatever': `Token ${SECRET}` }],
    [
      'in base64 behind a user name',
      '/file',
      { 'x-whatever': `Basic ${Buffer.from(`me:${SECRET}`).toString('base64')}` },
    ],
    ['in a header for credentials, in whatever form', '/file', { authorization: 'AuthHMAC 77658:signature' }],
  ])('finds one that is %s', (_, url, headers) => {
    expect(leaks(url, headers)).toHaveLength(1);
  });

  it('is content with an ordinary request, and with credentials at the API', () => {
    expect(leaks('/file?Signature=abc', { 'user-agent': 'exportpoll', range: 'bytes=5-' })).toEqual([]);
    expect(leaks('/status', { authorization: `Bearer ${SECRET}` }, 'api')).toEqual([]);
  });
});
