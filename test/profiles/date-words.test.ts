import { describe, expect, it } from 'vitest';

import { fillDateWords } from '../../src/profiles/date-words.ts';

const NOON = Date.UTC(2024, 2, 1, 12);

describe('date words', () => {
  it.each([
    ['{today}', '2024-03-01'],
    ['{yesterday}', '2024-02-29'],
    ['{today-7d}', '2024-02-23'],
    ['{today+1d}', '2024-03-02'],
    ['{yesterday-365d}', '2023-03-01'],
    ['{today}T00:00:00Z/{today+1d}', '2024-03-01T00:00:00Z/2024-03-02'],
    ['{today@Pacific/Kiritimati}', '2024-03-02'],
    ['{today-1d@Pacific/Pago_Pago}', '2024-02-29'],
    ['{today:unix}', String(Date.UTC(2024, 2, 1) / 1000)],
    ['{yesterday@Europe/Moscow:unix}', String(Date.UTC(2024, 1, 28, 21) / 1000)],
    ['nothing {else} {"json": 1}', 'nothing {else} {"json": 1}'],
  ])('%s is %s', (text, filled) => {
    expect(fillDateWords(text, NOON, 'UTC')).toBe(filled);
  });

  it.each([
    ['the zone of the profile', 'Asia/Tokyo', Date.UTC(2024, 0, 1, 15), '2024-01-02'],
    ['the zone of the profile, a second before', 'Asia/Tokyo', Date.UTC(2024, 0, 1, 15) - 1, '2024-01-01'],
    ['daylight saving time', 'Europe/Berlin', Date.UTC(2024, 6, 1, 22), '2024-07-02'],
    ['no daylight saving time', 'Europe/Berlin', Date.UTC(2024, 0, 1, 22), '2024-01-01'],
  ])('today is that of %s', (_, zone, now, day) => {
    expect(fillDateWords('{today}', now, zone)).toBe(day);
  });

  it('a day begins at its own offset, also on the days on which that changes', () => {
    const berlin = (now: number): number =>
      Number(fillDateWords('{today:unix}', now, 'Europe/Berlin')) * 1000;
    expect(berlin(Date.UTC(2024, 2, 31, 12))).toBe(Date.UTC(2024, 2, 30, 23));
    expect(berlin(Date.UTC(2024, 9, 27, 12))).toBe(Date.UTC(2024, 9, 26, 22));
  });

  it.each(['{today-7}', '{today-7w}', '{yesterdays}', '{today@}', '{today:iso}'])(
    '%s is a mistake',
    (text) => {
      expect(() => fillDateWords(text, NOON, 'UTC')).toThrow(RangeError);
    },
  );

  it('knows no zone that does not exist', () => {
    expect(() => fillDateWords('{today}', NOON, 'Mars/Base')).toThrow(/does not exist: Mars\/Base/);
  });
});
