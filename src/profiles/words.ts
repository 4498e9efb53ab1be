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

const IS_FINAL: Readonly<Record<State, boolean>> = {
  queued: false,
  running: false,
  unknown: false,
  ready: true,
  'ready-with-errors': true,
  empty: true,
  failed: true,
  cancelled: true,
  gone: true,
};

/** True for a state that no amount of waiting changes. */
export function isFinal(state: State): boolean {
  return IS_FINAL[state];
}

/**
 * The provider's word, to be shown beside the state that it has been taken for; empty where it is the name of another
 * end: a follow-up has found out more ("ready" is a cell with nothing to do, also after an export that failed).
 */
export function wordBeside(state: State, word: string): string {
  const named = normaliseWord(word);
  const isOther = Object.entries(IS_FINAL).some(
    ([other, isEnd]) => isEnd && other !== state && normaliseWord(other) === named,
  );
  return isOther ? '' : word;
}
