import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readDate, readInstant, readPercent, readRetryAfter } from '../../src/profiles/values.ts';

describe('a percentage', () => {
  it.each<[unknown, number]>([
    ['64%', 64],
    ['64 %', 64],
    [' 64 ', 64],
    ['0%', 0],
    ['100%', 100],
    ['99.5%', 99.5],
    [64, 64],
    [0, 0],
    [101, 100],
    ['-3%', 0],
  ])('%j is %d', (written, percent) => {
    expect(readPercent(written)).toBe(percent);
  });

  it.each<[unknown, number]>([
    [0.5, 50],
    ['0.25', 25],
    [1, 100],
    [1.5, 100],
    [0, 0],
  ])('%j as a fraction is %d', (written, percent) => {
    expect(readPercent(written, true)).toBe(percent);
  });

  it.each([undefined, null, '', ' ', '%', 'half', '64%%', '6 4', true, [], [64], {}, Number.NaN, Infinity])(
    '%j is none',
    (written) => {
      expect(readPercent(written)).toBeUndefined();
    },
  );

  it('is between 0 and 100, or none, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.double(), fc.double().map(String)),
        fc.boolean(),
        (value, fraction) => {
          const percent = readPercent(value, fraction);
          expect(percent === undefined || (percent >= 0 && percent <= 100)).toBe(true);
        },
      ),
    );
  });
});

describe('an instant', () => {
  const INSTANT = Date.UTC(2024, 4, 6, 7, 8, 9);

  it.each<unknown>([
    INSTANT / 1000,
    String(INSTANT / 1000),
    INSTANT,
    String(INSTANT),
    '2024-05-06T07:08:09Z',
    '2024-05-06T07:08:09.000Z',
    '2024-05-06T09:08:09+02:00',
    '2024-05-06T09:08:09+0200',
    '2024-05-06 07:08:09 UTC',
    'Mon, 06 May 2024 07:08:09 GMT',
    'Monday, 06-May-24 07:08:09 GMT',
    'Mon May  6 07:08:09 2024',
  ])('is the same whichever way it is written: %j', (written) => {
    expect(readInstant(written)).toBe(INSTANT);
  });

  it.each(
    [
      undefined,
      null,
      '',
      ' ',
      0,
      -1,
      '-1',
      'never',
      'in 5',
      'version 2',
      Number.NaN,
      '9'.repeat(30),
      '9'.repeat(400),
      1e300,
      {},
      [],
      true,
      '2024-13-45T00:00:00Z',
    ].map((written) => [written]),
  )('%j is none', (written) => {
    expect(readInstant(written)).toBeUndefined();
  });

  it('has an ISO form, whatever is written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.double(), fc.bigInt().map(String), fc.string()), (written) => {
        const instant = readInstant(written);
        expect(() => new Date(instant ?? 0).toISOString()).not.toThrow();
      }),
    );
  });

  describe('on a machine whose clock shows New York', () => {
    const zone = process.env['TZ'];
    beforeEach(() => {
      process.env['TZ'] = 'America/New_York';
    });
    afterEach(() => {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    });

    it.each(['2024-05-06T07:08:09', '2024-05-06 07:08:09', 'Mon May  6 07:08:09 2024'])(
      'is UTC when no zone is written: %j',
      (written) => {
        expect(new Date(2024, 0).getTimezoneOffset()).toBe(300);
        expect(readDate(written)).toBe(INSTANT);
      },
    );

    it('is midnight UTC when no time is written', () => {
      expect(readDate('2024-05-06')).toBe(Date.UTC(2024, 4, 6));
    });
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2024, 4, 6, 7, 0, 0);

  it('may be seconds', () => {
    expect(readRetryAfter('120', now)).toBe(120_000);
    expect(readRetryAfter(' 0 ', now)).toBe(0);
  });

  it("may be a date, by the server's clock", () => {
    expect(readRetryAfter('Mon, 06 May 2024 07:00:30 GMT', now)).toBe(30_000);
  });

  it('in the past asks for no wait', () => {
    expect(readRetryAfter('Mon, 06 May 2024 06:00:00 GMT', now)).toBe(0);
  });

  it.each([undefined, '', 'soon', '-5', '1e3', '5 s'])('%j asks for nothing', (header) => {
    expect(readRetryAfter(header, now)).toBeUndefined();
  });
});
