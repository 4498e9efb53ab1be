import { stripVTControlCharacters } from 'node:util';

/** Line breaks of every kind, and tabs: what stood apart stays apart. */
const SEPARATORS = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/**
 * Cc: C0 and C1 controls and DEL. Cf: bidirectional overrides, isolates and marks, zero-width characters, tags.
 * Both classes are removed whole, so that a character of a future Unicode version is covered as well.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;

/**
 * Text from a server, or a file's name, made safe to show: one line without control, escape, bidirectional and
 * zero-width characters. `util.stripVTControlCharacters` alone would keep `\r`, `\b` and bidirectional overrides.
 *
 * @param maxLength in code points; a longer text ends in `…`.
 */
export function safeText(text: string, maxLength = Infinity): string {
  const visible = stripVTControlCharacters(text).replace(SEPARATORS, ' ').replace(INVISIBLE, '');
  // Counted in UTF-16 units first, which is never less: most texts are not split at all.
  if (visible.length <= maxLength) return visible;
  // A code point is at most two units: what is behind that many is cut anyway.
  const points = Array.from(visible.slice(0, 2 * maxLength + 2));
  return points.length <= maxLength ? visible : `${points.slice(0, Math.max(0, maxLength - 1)).join('')}…`;
}
