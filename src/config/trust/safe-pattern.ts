import { MOST_MATCHED } from '../../profiles/pattern.ts';

/** How many ways of matching are tried within a second. */
const MOST_WAYS = 1e9;

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})/;

/**
 * Whether the regular expression, which somebody else may have written, ends soon on any text of up to `MOST_MATCHED`
 * characters. A matcher that goes back tries every way in which each quantifier and each alternative can take part of
 * the text: their product must be small, and a group that is repeated must have neither of them inside.
 */
export function isSafePattern(pattern: string): boolean {
  let ways = 1;
  /** For each group that is open, whether there is more than one way through it. */
  const open: boolean[] = [];
  const several = (by: number): void => {
    ways *= by;
    open.fill(true);
  };
  for (let index = 0; index < pattern.length;) {
    const rest = pattern.slice(index);
    let isVariable = false;
    if (rest.startsWith('|')) several(2);
    if (rest.startsWith('(')) open.push(false);
    if (rest.startsWith(')')) isVariable = open.pop() === true;
    index += atomLength(rest);
    const [quantifier = '', least, comma, most] = QUANTIFIER.exec(pattern.slice(index)) ?? [];
    if (quantifier === '' || rest.startsWith('(') || rest.startsWith('|')) continue;
    if (isVariable && !/^(\?|\{0,1\}|\{0*1\})/.test(quantifier)) return false;
    index += quantifier.length;
    several(choices(quantifier, least, comma, most));
  }
  return ways <= MOST_WAYS;
}

/** An escape, a class in brackets or the beginning of a group is one thing. */
function atomLength(rest: string): number {
  if (rest.startsWith('[')) return /^\[(?:\\.|[^\]\\])*\]/s.exec(rest)?.[0].length ?? 1;
  if (rest.startsWith('\\')) return /^\\(?:u\{[^}]*\}|[pP]\{[^}]*\}|k<[^>]*>|.)/s.exec(rest)?.[0].length ?? 1;
  return /^\((?:\?(?:<?[=!]|:|<[^>]*>))?/.exec(rest)?.[0].length || 1;
}

function choices(quantifier: string, least = '', comma = '', most = ''): number {
  if (quantifier === '?') return 2;
  if (least === '') return MOST_MATCHED;
  if (comma === '') return 1;
  const end = most === '' ? MOST_MATCHED : Math.min(Number(most), MOST_MATCHED);
  return Math.max(1, end - Number(least) + 1);
}
