import { expect, it } from 'vitest';

import { evaluate } from '../../src/profiles/expression.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';

const SAME = { name: 'C', resource: 'customers', format: 'csv' };
const DAY = { start: '2024-01-01', end: '2024-01-02' };
const INSTANTS = { start: '2024-01-01T00:00:00Z', end: '2024-01-02T00:00:00Z' };

it.each<[boolean, string, object, object]>([
  [true, 'nothing else', {}, {}],
  [true, 'nothing else, told as empty', {}, { arguments: {}, dateRange: null, fields: [] }],
  [
    true,
    'nothing else, told as empty texts',
    {},
    { arguments: { filter: '', q: null }, dateRange: { start: '' } },
  ],
  [false, 'another name', { name: 'D' }, {}],
  [false, 'another resource', { resource: 'invoices' }, {}],
  [false, 'another format', { format: 'json' }, {}],
  [true, 'the same range', { dateRange: DAY }, { dateRange: { ...DAY, field: 'createdTime' } }],
  [true, 'the same range in instants', { dateRange: DAY }, { dateRange: INSTANTS }],
  [
    true,
    'instants with an offset',
    { dateRange: INSTANTS },
    { dateRange: { start: '2024-01-01T00:00:00+00:00', end: '2024-01-02T00:00:00.000Z' } },
  ],
  [false, 'another start', { dateRange: DAY }, { dateRange: { ...DAY, start: '2024-01-02' } }],
  [false, 'another end', { dateRange: DAY }, { dateRange: { ...INSTANTS, end: '2024-01-03T00:00:00Z' } }],
  [false, 'another field', { dateRange: { ...DAY, field: 'updatedTime' } }, { dateRange: DAY }],
  [false, 'a range where none was asked for', {}, { dateRange: DAY }],
  [false, 'an end where none was asked for', { dateRange: { start: DAY.start } }, { dateRange: DAY }],
  [false, 'no range where one was asked for', { dateRange: DAY }, {}],
  [
    true,
    'the same arguments',
    { arguments: { filter: 'a:b', q: 'x' } },
    { arguments: { q: 'x', filter: 'a:b', sort: null } },
  ],
  [false, 'another filter', { arguments: { filter: 'a:b' } }, { arguments: { filter: 'a:c' } }],
  [false, 'another sort', { arguments: { sort: 'a' } }, { arguments: { sort: '-a' } }],
  [false, 'another search', { arguments: { q: 'x' } }, { arguments: {} }],
  [false, 'a filter where none was asked for', {}, { arguments: { filter: 'a:b' } }],
  [true, 'the same fields', { fields: ['id'] }, { fields: ['id'] }],
  [true, "the vendor's choice of fields", {}, { fields: ['id', 'createdTime'] }],
  [false, 'other fields', { fields: ['id'] }, { fields: ['createdTime'] }],
])('a listed export is like the one asked for: %s, with %s', (isAlike, _, asked, listed) => {
  const { where = '' } = loadBuiltin('rebilly').start?.find ?? {};
  const scope = { vars: {}, params: { ...SAME, ...asked }, item: { ...SAME, id: 'exp_1', ...listed } };
  expect(evaluate(where, scope) === true).toBe(isAlike);
});
