import { describe, expect, it } from 'vitest';

import { UsageError } from '../../src/errors.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { parametersFromText } from '../../src/profiles/parameter-text.ts';
import { hashParameters, readParameters } from '../../src/profiles/parameters.ts';
import { startExample } from '../../src/profiles/start-example.ts';
import { start } from '../../src/profiles/start-schema.ts';

const entry = start.parse({
  parameters: {
    event: { description: 'the event', required: true, pattern: '[a-z]+' },
    columns: { description: 'the columns', type: 'list', pattern: '\\w+' },
    limit: { description: 'how many', type: 'number', default: '10' },
    all: { description: 'everything', type: 'boolean' },
    range: { description: 'days', type: 'object' },
  },
  timeZone: "'UTC'",
  request: { url: '{+baseUrl}' },
  id: 'body.id',
});

function read(parameters: Record<string, unknown>, others = false): Record<string, unknown> {
  const account = { name: 'mine', profile: { name: 'acme' }, variables: {} };
  return { ...readParameters({ account, start: { ...entry, others }, parameters }, Date.UTC(2024, 0, 2)) };
}

describe('parameters of a new export', () => {
  it('become what the profile says, with dates filled in at any depth', () => {
    const given = { event: 'pay', columns: 'a,b', all: 'true', range: { days: ['{yesterday}', '{today}'] } };
    expect(read(given)).toEqual({
      event: 'pay',
      columns: ['a', 'b'],
      limit: 10,
      all: true,
      range: { days: ['2024-01-01', '2024-01-02'] },
    });
    expect(read({ event: 'pay', columns: ['a'], limit: 3, all: false })).toMatchObject({
      limit: 3,
      all: false,
    });
  });

  it.each([
    [{}, '"event" is missing: the event'],
    [{ event: '' }, '"event" is missing: the event'],
    [{ event: null }, '"event" is missing: the event'],
    [{ event: ['pay', 'install'] }, '"event" must be one text, not a list'],
    [{ event: 'pay', columns: 'a,,b' }, '"columns" has an empty element'],
    [{ event: 'pay', columns: ['a', null] }, '"columns" has an empty element'],
    [{ event: 'PAY' }, '"event" cannot be "PAY"'],
    [{ event: 'pay', columns: 'a,b-c' }, '"columns" cannot be "b-c"'],
    [{ event: 'pay', limit: 'many' }, '"limit" must be a number'],
    [{ event: 'pay', all: 'maybe' }, '"all" must be true or false'],
    [{ event: 'pay', range: 'today' }, '"range" must be an object'],
    [{ event: 'pay', colums: 'a' }, '"colums" is no parameter; did you mean "columns"?'],
    [{ event: '{today-x}' }, '"event" has {today-x}, which is no date'],
  ])('%j is refused', (parameters, message) => {
    expect(() => read(parameters)).toThrow(UsageError);
    expect(() => read(parameters)).toThrow(message);
  });

  it('that are missing are shown in a line to paste', () => {
    const { parameters } = start.parse({
      parameters: {
        query: { description: 'the query', required: true, example: "SELECT Id WHERE Name = 'x'" },
        'range[start]': { description: 'begin', required: true },
        format: { description: 'csv or json', required: true, example: 'csv' },
        more: { description: 'more', example: 'x' },
      },
      request: { url: '{+baseUrl}' },
      id: 'body.id',
    });
    const given = { account: { name: 'mine' }, start: { parameters }, parameters: { format: 'secret' } };
    const query = `--param 'query=SELECT Id WHERE Name = '\\''x'\\'''`;
    expect(startExample(given)).toBe(
      `exportpoll start mine ${query} --param 'range[start]=RANGE[START]' --param format=csv`,
    );
    expect(startExample({ ...given, name: 'nightly' })).toBe(
      `exportpoll start nightly ${query} --param 'range[start]=RANGE[START]'`,
    );
  });

  it('that are wrong in a file are to be corrected there, whatever is missing', () => {
    const given = {
      account: { name: 'mine', profile: { name: 'acme' }, variables: {} },
      name: 'nightly',
      start: entry,
      parameters: { evnt: 'pay', nope: 1 },
      placeOf: (name: string) => (name === 'evnt' ? '/m.yaml:3: exports.nightly.start.evnt' : undefined),
      flags: ['--config', '/m.yaml'],
    };
    const hintOf = (own: typeof given): string => {
      try {
        readParameters(own, 0);
      } catch (error) {
        return String((error as UsageError).hint);
      }
      return '';
    };
    const shows = '`exportpoll providers mine` shows all that it takes';
    expect(hintOf(given)).toBe(`correct /m.yaml:3: exports.nightly.start.evnt\n${shows}`);
    expect(hintOf({ ...given, placeOf: () => undefined })).toBe(
      `for example: exportpoll start nightly --config /m.yaml --param event=EVENT\n${shows}`,
    );
  });

  it('are not given where they are null, and may have blanks between the elements of a list', () => {
    expect(read({ event: 'pay', columns: 'a, b', limit: null, all: null })).toEqual({
      event: 'pay',
      columns: ['a', 'b'],
      limit: 10,
    });
  });

  it('are passed on as they are where the profile does not list them all', () => {
    expect(read({ event: 'pay', more: ['x'] }, true)).toMatchObject({ more: ['x'] });
  });

  it('come from texts: a repeated name is a list, a dot leads into an object', () => {
    const texts = ['event=a=b', 'columns=x', 'columns=y', 'range.start={today}', 'range.end=z', 'odd.name=1'];
    expect(parametersFromText(texts, entry)).toEqual({
      event: 'a=b',
      columns: ['x', 'y'],
      range: { start: '{today}', end: 'z' },
      'odd.name': '1',
    });
    for (const wrong of ['event', '=x', '__proto__=x', 'range.__proto__=x']) {
      expect(() => parametersFromText([wrong], entry)).toThrow(UsageError);
    }
    expect(() => parametersFromText(['range=3', 'range.start=x'], entry)).toThrow(
      /range already has a value/,
    );
  });

  it('are the same in any order, and different when any value is', () => {
    const one = hashParameters({ a: 1, b: { c: ['x', 'y'] } });
    expect(hashParameters({ b: { c: ['x', 'y'] }, a: 1 })).toBe(one);
    expect(hashParameters({ b: { c: ['y', 'x'] }, a: 1 })).not.toBe(one);
    expect(hashParameters({ b: { c: ['x', 'y'] }, a: '1' })).not.toBe(one);
  });

  it('of MyTracker have the days of its own time zone', () => {
    const profile = loadBuiltin('mytracker-raw');
    const late = Date.UTC(2024, 0, 1, 22);
    const dates = (more: object): unknown =>
      readParameters(
        {
          account: { name: 'mytracker-raw', profile, variables: {} },
          start: profile.start!,
          parameters: { event: 'e', selectors: 's', dateFrom: '{today}', ...more },
        },
        late,
      )['dateFrom'];
    expect(dates({})).toBe('2024-01-02');
    expect(dates({ timezone: 'UTC' })).toBe('2024-01-01');
  });
});
