import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { columnsOf, cutToColumns, fitToColumns } from '../../src/ui/width.ts';

describe('columns', () => {
  it('counts wide characters twice and combining marks not at all', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('東京🙂')).toBe(6);
    expect(columnsOf('a\u0301')).toBe(1);
  });

  it('cuts out the middle, since parts of an export differ in the end of their names', () => {
    expect(cutToColumns('4.payment.26c427ac8680.0.csv', 15)).toBe('4.payme…0.0.csv');
    expect(cutToColumns('東京東京東京', 7)).toBe('東…京');
    expect(cutToColumns('short', 5)).toBe('short');
  });

  it('never takes more columns than there are, and fills up to them exactly', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '東', '🙂', '\u0301', '.') });
    fc.assert(
      fc.property(text, fc.nat(30), (text, columns) => {
        expect(columnsOf(cutToColumns(text, columns))).toBeLessThanOrEqual(columns);
        expect(columnsOf(fitToColumns(text, columns))).toBe(columns);
      }),
    );
  });
});
