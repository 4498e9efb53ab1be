import { describe, expect, it } from 'vitest';

import { fillDates, fillDateWords } from '../../src/profiles/date-words.ts';

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
    ['{tomorrow}', '2024-03-02'],
    ['{tomorrow+1d@UTC:unix}', String(Date.UTC(2024, 2, 3) / 1000)],
    ['{"ts":{today:unix}}', `{"ts":${Date.UTC(2024, 2, 1) / 1000}}`],
    ['{{today}} {{Today}} {{today-7}}', '{today} {Today} {today-7}'],
    ['{{{today}}}', '{{today}}'],
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

  it.each([
    ['America/Havana', '2024-03-10', 5],
    ['America/Santiago', '2024-09-08', 4],
    ['America/Sao_Paulo', '2016-10-16', 3],
  ])('a day without a midnight, as in %s on %s, begins with its first instant', (zone, day, hour) => {
    const noon = Date.parse(`${day}T17:00:00Z`);
    const first = Date.parse(`${day}T00:00:00Z`) / 1000 + hour * 3600;
    expect(fillDateWords('{today:unix}', noon, zone)).toBe(String(first));
    expect(fillDateWords('{tomorrow-1d:unix}', noon, zone)).toBe(String(first));
  });

  it.each([
    '{}',
    '{"today":1,"from":{"tomorrow":[]}}',
    "{'today'}",
    '{3F2504E0-4F89-11D3-9A0C-0305E82C3301}',
    '{deadbeef-4f89-11d3-9a0c-0305e82c3301}',
    '{id} {+id} {?from,to} {{id}} ${HOME}',
    '{name}-{index}.{ext}',
    '{total} {day} {toy} {to} {row} {yes} {nowhere}',
    '{ viewer { login } }',
    '\\d{4} x{1,3}',
    '{user@host}',
    '{ and no end',
    '',
  ])('the braces of %s are its own', (text) => {
    expect(fillDateWords(text, NOON, 'UTC')).toBe(text);
  });

  it.each([
    ['{Today}', '{today}'],
    ['{TOMORROW}', '{tomorrow}'],
    ['{ today }', '{today}'],
    ['{tody}', '{today}'],
    ['{toady}', '{today}'],
    ['{tommorow}', '{tomorrow}'],
    ['{yestreday}', '{yesterday}'],
    ['{yesterdays}', '{yesterday}'],
    ['{yesterday+}', '{yesterday}'],
    ['{today-7}', '{today-7d}'],
    ['{today - 7d}', '{today-7d}'],
    ['{today-7D}', '{today-7d}'],
    ['{today-7w}', '{today}'],
    ['{today@}', '{today}'],
    ['{today:iso}', '{today}'],
    ['{Yesterday@Europe/Moscow:unix}', '{yesterday@Europe/Moscow:unix}'],
    ['{today:unix-1d}', '{today}'],
    ['{now}', '{today}'],
    ['{now-7d}', '{today-7d}'],
    ['{monday-7d}', '{today-7d}'],
    ['{date:unix}', '{today:unix}'],
    ['from {today} to {Today}', '{today}'],
  ])('%s is a mistake for %s, which is told in one line', (text, meant) => {
    const fill = (): string => fillDateWords(text, NOON, 'UTC');
    expect(fill).toThrow(RangeError);
    expect(fill).toThrow(
      `which is no date; did you mean ${meant}? There are {today}, {yesterday} and {tomorrow}`,
    );
    expect(fill).not.toThrow(/\n/);
  });

  it('of a mistake without an end only the beginning is told', () => {
    expect(() => fillDateWords(`{today${'x'.repeat(100_000)}}`, NOON, 'UTC')).toThrow(/^.{0,500}$/);
  });

  it('are filled in at any depth', () => {
    const value = { days: ['{yesterday}', 1, null], of: { all: true } };
    expect(fillDates(value, NOON, 'UTC')).toEqual({ ...value, days: ['2024-02-29', 1, null] });
  });

  it('know no zone that does not exist', () => {
    expect(() => fillDateWords('{today}', NOON, 'Mars/Base')).toThrow(/does not exist: Mars\/Base/);
  });
});
