import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectRange } from '../../../src/sandbox/http/ranges.ts';

const etag = '"5d41402abc4b2a76b9719d911017c592"';
const lastModified = 'Mon, 13 Feb 2017 09:30:00 GMT';
const validators = { etag, lastModified };
const select = (range: string | undefined, size = 10, ifRange?: string) =>
  selectRange({ range, 'if-range': ifRange }, size, validators);

describe('Range', () => {
  it.each([
    [undefined, { kind: 'all' }],
    ['bytes=2-4', { kind: 'part', start: 2, end: 4 }],
    ['bytes=2-', { kind: 'part', start: 2, end: 9 }],
    ['bytes=0-', { kind: 'part', start: 0, end: 9 }],
    ['bytes=2-99', { kind: 'part', start: 2, end: 9 }],
    ['bytes=-3', { kind: 'part', start: 7, end: 9 }],
    ['bytes=-99', { kind: 'part', start: 0, end: 9 }],
    ['bytes=10-', { kind: 'unsatisfiable' }],
    ['bytes=-0', { kind: 'unsatisfiable' }],
    ['bytes=4-2', { kind: 'all' }],
    ['bytes=-', { kind: 'all' }],
    ['bytes=0-1,3-4', { kind: 'all' }],
    ['rows=0-1', { kind: 'all' }],
  ])('%s of ten bytes', (range, expected) => {
    expect(select(range)).toEqual(expected);
  });

  it('never gives a byte that is not there', () => {
    const number = fc.oneof(fc.constant(''), fc.nat(30).map(String));
    fc.assert(
      fc.property(number, number, fc.nat(20), (first, last, size) => {
        const selection = select(`bytes=${first}-${last}`, size);
        if (selection.kind !== 'part') return;
        expect(selection.start).toBeGreaterThanOrEqual(0);
        expect(selection.start).toBeLessThanOrEqual(selection.end);
        expect(selection.end).toBeLessThan(size);
      }),
    );
  });
});

describe('If-Range', () => {
  it.each([
    ['the same strong ETag', etag, 'part'],
    ['the same Last-Modified', lastModified, 'part'],
    ['another ETag', '"other"', 'all'],
    ['the same ETag, but weak', `W/${etag}`, 'all'],
    ['another date', 'Mon, 13 Feb 2017 09:30:01 GMT', 'all'],
  ])('with %s', (_, ifRange, kind) => {
    expect(select('bytes=2-4', 10, ifRange).kind).toBe(kind);
  });
});
