import type { Look } from '../api/look.ts';
import { ProtocolError } from '../errors.ts';

/** How often an answer may make no sense before it is an error: a deployment passes, a new word does not. */
const PATIENCE = 5;

/** What earlier looks of the same wait have left behind. */
export interface Memory {
  /** The same puzzling or passing word was seen this many times in a row. */
  readonly repeats: number;
  readonly word: string;
}

export const nothingSeen: Memory = { repeats: 0, word: '' };

/**
 * Decides what a look means in a wait:
 *
 * | look | meaning |
 * | --- | --- |
 * | a word that no profile maps | `unknown` a few times in a row, then ProtocolError |
 * | ready without a link | `running` a few times in a row, then ProtocolError |
 * | a word that may pass | `running` until it was seen often enough, then the state it settles into |
 * | gone, within the grace after the first look | `queued`: not there yet |
 * | anything else | itself |
 */
export function settle(found: Look, memory: Memory, withinGrace: boolean): { look: Look; memory: Memory } {
  const { state, settles } = found;
  // Words that nobody knows are all the same: a service that says a new one each time makes no more sense.
  const word = state === 'unknown' ? 'unknown' : `known: ${found.word}`;
  const repeats = word === memory.word ? memory.repeats + 1 : 1;
  const next = { repeats, word };
  if (state === 'unknown') {
    if (repeats >= PATIENCE) throw unknownWord(found);
    return { look: found, memory: next };
  }
  if (isReady(found) && found.links === undefined) {
    if (repeats >= PATIENCE) throw new ProtocolError(`the provider says "${found.word}" but gives no link`);
    return { look: { ...found, state: 'running' }, memory: next };
  }
  if (settles !== undefined) {
    return { look: { ...found, state: repeats >= settles.after ? settles.state : state }, memory: next };
  }
  if (state === 'gone' && withinGrace) return { look: { ...found, state: 'queued' }, memory: nothingSeen };
  const isEmpty = isReady(found) && found.links?.length === 0;
  return { look: isEmpty ? { ...found, state: 'empty' } : found, memory: nothingSeen };
}

/** The error for a status word that is not in the profile. */
export function unknownWord({ word, provider = 'NAME' }: Look): ProtocolError {
  return new ProtocolError(`the provider's status "${word}" is not in the profile`, {
    hint: `the service may have changed; \`exportpoll providers ${provider}\` prints the words that the profile knows`,
  });
}

function isReady({ state }: Look): boolean {
  return state === 'ready' || state === 'ready-with-errors';
}
