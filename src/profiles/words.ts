import type { State } from '../events.ts';
import type { Meaning, Profile } from './schema.ts';

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

/** What `word` means by `states`; `undefined` for a word that is not mapped. */
export function meaningOf(word: string, states: Profile['status']['states']): Meaning | undefined {
  const wanted = normaliseWord(word);
  for (const [known, meaning] of Object.entries(states)) {
    if (normaliseWord(known) === wanted) return meaning;
  }
  return undefined;
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
