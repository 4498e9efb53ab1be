import { expect, it } from 'vitest';

import { formFields } from '../../src/api/form.ts';

it.each<[unknown, string]>([
  [{ event: 'installs', n: 3, yes: true }, 'event=installs&n=3&yes=true'],
  [{ none: null, empty: '' }, 'empty='],
  [{ idApp: ['1', '454'] }, 'idApp=1&idApp=454'],
  [
    { parameters: { interval_start: 5, columns: ['a', 'b'] } },
    'parameters[interval_start]=5&parameters[columns]=a&parameters[columns]=b',
  ],
  [{ items: [{ price: 'p' }] }, 'items[][price]=p'],
  ['text', ''],
  [undefined, ''],
])('the fields of %j are %s', (value, expected) => {
  expect(
    formFields(value)
      .map((field) => field.join('='))
      .join('&'),
  ).toBe(expected);
});
