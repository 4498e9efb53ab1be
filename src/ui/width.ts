/** Characters that a terminal draws two columns wide: East Asian wide and fullwidth forms, emoji. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{17000}-\u{18CFF}\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Combining marks take no column of their own. */
const MARK = /\p{M}/u;

/** The terminal columns that `text` takes. Rather too many than too few: a line that wraps breaks the drawing. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

/**
 * `text` in at most `columns` terminal columns. What is too long loses its middle: the parts of one export differ in
 * the end of their names (`….0.csv.gz`, `….1.csv.gz`).
 */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return '';
  const characters = Array.from(text);
  const headColumns = Math.floor((columns - 1) / 2);
  const head = takeColumns(characters, headColumns);
  const tail = takeColumns(characters.toReversed(), columns - 1 - headColumns).toReversed();
  return `${head.join('')}…${tail.join('')}`;
}

/** `text` in exactly `columns` terminal columns. */
export function fitToColumns(text: string, columns: number): string {
  const cut = cutToColumns(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - columnsOf(cut)));
}

function takeColumns(characters: readonly string[], columns: number): string[] {
  let left = columns;
  let count = 0;
  for (const character of characters) {
    left -= columnsOfCharacter(character);
    if (left < 0) break;
    count += 1;
  }
  return characters.slice(0, count);
}

function columnsOfCharacter(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}
