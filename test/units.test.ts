import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { parseDuration, parseSize } from '../src/units.ts';

test.each([
  ['500ms', 500],
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['1d', 86_400_000],
  ['0s', 0],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['30', '', '-1s', '1 s', '1S', 's', '1h 30m', '1w', '9'.repeat(20) + 'd'])(
  'the duration "%s" is refused',
  (text) => {
    expect(() => parseDuration(text)).toThrow(RangeError);
  },
);

test.each([
  ['500MB', 500_000_000],
  ['2GiB', 2_147_483_648],
  ['1.5kB', 1500],
  ['10 mib', 10_485_760],
  ['7B', 7],
  ['1000', 1000],
])('the size %s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'MB', '-1MB', '1XB', '1 constructor', '1e3', '9'.repeat(20)])(
  'the size "%s" is refused',
  (text) => {
    expect(() => parseSize(text)).toThrow(RangeError);
  },
);

test('whatever is written, a unit is read as a whole number that is not negative, or refused as a RangeError', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{1,25}[a-zA-Z]{0,3}$/));
  fc.assert(
    fc.property(text, (text) => {
      for (const outcome of [outcomeOf(parseDuration, text), outcomeOf(parseSize, text)]) {
        expect(outcome instanceof RangeError || (Number.isSafeInteger(outcome) && Number(outcome) >= 0)).toBe(
          true,
        );
      }
    }),
  );
});

function outcomeOf(parse: (text: string) => number, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    return error;
  }
}
