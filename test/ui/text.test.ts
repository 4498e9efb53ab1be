import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { safeText } from '../../src/ui/text.ts';

describe('safeText', () => {
  it.each([
    ['keeps ordinary text of any script', 'Zürich 東京 🙂 a\u0301', 'Zürich 東京 🙂 a\u0301'],
    ['removes whole escape sequences', 'a\u001B[31mred\u001B[0m \u001B]0;title\u0007b', 'ared b'],
    ['removes C1 controls', 'a\u009B2Jb\u0085c', 'ab c'],
    ['removes backspaces and makes a carriage return a space', 'safe\b\b\b\revil', 'safe evil'],
    ['makes line breaks and tabs one space', 'a\r\n\tb\u2028c', 'a b c'],
    ['removes bidirectional overrides, isolates and marks', 'a\u202Egpj.\u2066exe\u2069\u200F', 'agpj.exe'],
    ['removes zero-width characters', 'pay\u200B\u200D\u2060\uFEFFments', 'payments'],
  ])('%s', (_title, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  it('cuts to a length in code points and shows that it did', () => {
    expect(safeText('abcdef', 6)).toBe('abcdef');
    expect(safeText('abcdefg', 6)).toBe('abcde…');
    expect(safeText('🙂🙂🙂🙂', 3)).toBe('🙂🙂…');
  });

  it('lets no control or format character through, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(40), (text, length) => {
        const safe = safeText(text, length);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(Array.from(safe).length).toBeLessThanOrEqual(Math.max(1, length));
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });
});
