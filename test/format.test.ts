import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  formatBytes,
  formatCount,
  formatCountdown,
  formatDuration,
  formatRate,
  timeLeft,
} from '../src/format.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_234_567, '1.2 MB'],
    [12_345_678, '12.3 MB'],
    [99_949_999, '99.9 MB'],
    [99_950_000, '100 MB'],
    [999_499_999, '999 MB'],
    [999_500_000, '1.0 GB'],
    [5e15, '5.0 PB'],
    [5e18, '5000 PB'],
  ])('%d is %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [999.6, '1 s'],
    [3400, '3.4 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1m'],
    [123_000, '2m 3s'],
    [3_599_499, '59m 59s'],
    [3_599_500, '1h'],
    [3_720_000, '1h 2m'],
    [86_400_000, '1d'],
    [273_600_000, '3d 4h'],
  ])('%d ms is %s', (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  it('never shows a unit that the next larger one would hold', () => {
    fc.assert(
      fc.property(fc.nat(10 * 86_400_000), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b(?:60 ?[sm]|24h|1000 ms)/);
      }),
    );
  });
});

it('counts down in whole seconds, the last of which is not zero', () => {
  expect(formatCountdown(11_400)).toBe('12 s');
  expect(formatCountdown(1)).toBe('<1 s');
  expect(formatCountdown(1000)).toBe('1 s');
  expect(formatCountdown(-5)).toBe('0 s');
});

it('gives a rate in bytes per second', () => {
  expect(formatRate(1_200_000)).toBe('1.2 MB/s');
});

it('says how long is left only when that can be known', () => {
  expect(timeLeft(25, 100, 25)).toBe(3000);
  expect(timeLeft(120, 100, 25)).toBe(0);
  expect(timeLeft(25, undefined, 25)).toBeUndefined();
  expect(timeLeft(25, 100, undefined)).toBeUndefined();
  expect(timeLeft(25, 100, 0)).toBeUndefined();
});

it('counts one thing in the singular', () => {
  expect([formatCount(0, 'file'), formatCount(1, 'file'), formatCount(2, 'file')]).toEqual([
    '0 files',
    '1 file',
    '2 files',
  ]);
});
