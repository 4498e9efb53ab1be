/** No answer of an API nests its values this deep; `JSON.parse` and whoever walks its result may run out of stack. */
const DEEPEST = 200;

/**
 * Parses JSON into objects without a prototype, so that a name like `constructor` picks nothing that is not in the
 * text. Forgives a byte order mark and the trailing commas that one vendor's page shows. `undefined` for an
 * empty text; throws SyntaxError for anything else that is not JSON, or is nested deeper than 200 levels.
 */
export function parseJson(text: string): unknown {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return undefined;
  const trailing = trailingCommas(trimmed);
  if (trailing.length === 0) return bare(JSON.parse(trimmed));
  const starts = [0, ...trailing.map((at) => at + 1)];
  return bare(JSON.parse(starts.map((start, index) => trimmed.slice(start, trailing[index])).join('')));
}

function bare(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) bare(member);
  return Array.isArray(value) ? value : Object.setPrototypeOf(value, null);
}

/**
 * Where the commas are that only a closing bracket follows. One pass without looking back, since a text may have
 * megabytes of whatever takes a pattern quadratic time.
 */
function trailingCommas(text: string): number[] {
  const found: number[] = [];
  let depth = 0;
  let comma: number | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    if (char === '[' || char === '{') depth += 1;
    if (depth > DEEPEST) throw new SyntaxError(`nested deeper than ${DEEPEST} levels`);
    if (char === ']' || char === '}') {
      depth -= 1;
      if (comma !== undefined) found.push(comma);
    }
    if (char === ',') comma = at;
    else if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') comma = undefined;
  }
  return found;
}

/** Where the string that begins at `start` has its closing quote; the end of the text when it has none. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
