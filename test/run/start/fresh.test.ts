import { expect, it } from 'vitest';

import { freshAmong } from '../../../src/run/start/fresh.ts';

/** Upper case is for exports with other parameters. */
function listed(ids: string): { id: string; isAlike: boolean }[] {
  return ids.split('').map((id) => ({ id, isAlike: id === id.toLowerCase() }));
}

it.each([
  // before, listed now, new, surely
  ['', '', '', true],
  ['', 'x', 'x', true],
  ['ab', 'ab', '', true],
  // All are still listed.
  ['ab', 'xab', 'x', true],
  ['ab', 'abx', 'x', true],
  ['ab', 'axb', 'x', true],
  ['ab', 'xaby', 'xy', true],
  // Some have left.
  ['abc', 'xab', 'x', true],
  ['abc', 'xbc', 'x', true],
  ['abc', 'acx', 'x', false],
  ['abc', 'xacy', 'xy', false],
  ['abc', 'axc', 'x', false],
  // All have left.
  ['ab', 'x', 'x', false],
  ['ab', '', '', false],
  // With other parameters: never new, and known all the same.
  ['', 'X', '', true],
  ['ABC', 'xAB', 'x', true],
  ['ABC', 'ACx', 'x', false],
  ['AbC', 'bCX', '', true],
  // Those of others.
  ['ab', 'abo', '', true],
  ['ab', 'oxab', 'x', true],
  ['abc', 'acxo', 'x', false],
  ['abc', 'xaco', 'x', true],
] as const)('before "%s", now "%s": "%s", surely: %s', (before, now, ids, isSure) => {
  const found = freshAmong(before.split(''), listed(now), new Set(['o']));
  expect([found.ids.join(''), found.isSure]).toEqual([ids, isSure]);
});
