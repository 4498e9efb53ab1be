import type { State } from '../events.ts';

/**
 * Providers spell the same word in many ways (`In Progress`, `in_progress`, `Success!`): letters and digits count,
 * case and whatever stands between them does not.
 */
export function normaliseWord(word: string): string {
  return word
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** What stands under `word` in a table of words; `undefined` for a word that is not there. */
export function lookUpWord<Value>(word: string, table: Readonly<Record<string, Value>>): Value | undefined {
  const wanted = normaliseWord(word);
  return Object.entries(table).find(([known]) => normaliseWord(known) === wanted)?.[1];
}

/** True for a state that no amount of waiting changes. */
export function isFinal(state: State): boolean {
  switch (state) {
    case 'queued':
    case 'running':
    case 'unknown':
      return false;
    case 'ready':
    case 'ready-with-errors':
    case 'empty':
    case 'failed':
    case 'cancelled':
    case 'gone':
      return true;
  }
}
