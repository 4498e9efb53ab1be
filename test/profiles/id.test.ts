import { expect, it } from 'vitest';

import { isIdOf } from '../../src/profiles/id.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';

const profileWith = (pattern: string): Parameters<typeof isIdOf>[0] => {
  const profile = loadBuiltin('rebilly');
  return { ...profile, id: { ...profile.id, pattern } };
};

it.each([
  ['exp_1', true],
  ['x'.repeat(1000), true],
  ['x'.repeat(1001), false],
  ['a b', false],
  ['..', false],
  ['x/%2E%2e/x', false],
])('an id is what the pattern matches, and nothing that leads elsewhere: %.20s', (id, is) => {
  expect(isIdOf(profileWith('[\\w./%]+'), id)).toBe(is);
});

it('what the pattern cannot be done with in time is no id', () => {
  expect(isIdOf(profileWith(`${'\\w*'.repeat(6)}!`), 'x'.repeat(1000))).toBe(false);
});
