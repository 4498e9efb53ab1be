import { closest, distance } from 'fastest-levenshtein';

/** The known word that `word` was probably meant to be; `undefined` when none is like it. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const found = closest(word, known);
  return distance(word, found) <= Math.ceil(Math.max(word.length, found.length) / 2) ? found : undefined;
}

/** `; did you mean "…"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  return found === undefined ? '' : `; did you mean "${found}"?`;
}
