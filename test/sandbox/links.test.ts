import { describe, expect, it } from 'vitest';
import { judgeLink, signLinkV2, signLinkV4 } from '../../src/sandbox/links.ts';

const NOW = Date.UTC(2024, 4, 6, 7, 8, 9, 250);
const object = new URL('http://127.0.0.1:9/some/key.csv');
const overrides = { disposition: 'attachment; filename="a b+c.csv"', type: 'text/csv;charset=iso-8859-1' };

describe.each([
  ['V2', signLinkV2],
  ['V4', signLinkV4],
])('a signed link of the look of %s', (_, sign) => {
  const link = new URL(sign(object, overrides, NOW, 30_000));

  it('is good while it lives, and expired from then on', () => {
    expect(judgeLink(link, 'GET', NOW)).toEqual({ kind: 'good' });
    expect(judgeLink(link, 'GET', NOW + 29_000)).toEqual({ kind: 'good' });
    expect(judgeLink(link, 'GET', NOW + 30_000)).toEqual({
      kind: 'expired',
      at: Date.UTC(2024, 4, 6, 7, 8, 39),
    });
  });

  it('does not fit another path, another method or changed parameters', () => {
    const other = new URL(link);
    other.pathname = '/some/other.csv';
    const changed = new URL(link);
    changed.searchParams.set('response-content-type', 'text/html');
    expect(judgeLink(other, 'GET', NOW).kind).toBe('mismatch');
    expect(judgeLink(changed, 'GET', NOW).kind).toBe('mismatch');
    expect(judgeLink(link, 'HEAD', NOW).kind).toBe('mismatch');
  });

  it('cannot be made to live longer', () => {
    const longer = new URL(link);
    longer.searchParams.set(longer.searchParams.has('Expires') ? 'Expires' : 'X-Amz-Expires', '9999999999');
    expect(judgeLink(longer, 'GET', NOW).kind).toBe('mismatch');
  });

  it('carries the name and the type of the file', () => {
    expect(link.searchParams.get('response-content-disposition')).toBe(overrides.disposition);
    expect(link.searchParams.get('response-content-type')).toBe(overrides.type);
  });
});

it('has the parameters by which a client reads its expiry', () => {
  const v2 = new URL(signLinkV2(object, overrides, NOW, 30_000)).searchParams;
  const v4 = new URL(signLinkV4(object, overrides, NOW, 30_000)).searchParams;
  expect(v2.get('Expires')).toBe(String(Math.floor(NOW / 1000) + 30));
  expect(v4.get('X-Amz-Date')).toBe('20240506T070809Z');
  expect(v4.get('X-Amz-Expires')).toBe('30');
});
