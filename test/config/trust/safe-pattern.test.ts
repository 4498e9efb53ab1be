import { expect, test } from 'vitest';

import { isSafePattern } from '../../../src/config/trust/safe-pattern.ts';
import { builtinNames } from '../../../src/profiles/builtin-names.ts';
import { builtinText } from '../../../src/profiles/builtin.ts';
import { loadBuiltin } from '../../../src/profiles/load-builtin.ts';
import { createWorld } from '../world.ts';

test.each([
  '(a+)+b',
  '(a*)*',
  '(?:a|a)*b',
  '(a|b|ab){2,40}',
  '((a+))+',
  '(a?){30}a{30}',
  '(?<x>\\w+\\s?)*$',
  '([a-z)]+)+',
  '(\\)+)+',
  '(a+\\d)+',
  '\\d*\\d*\\d*\\d*x',
  '(a|a)'.repeat(31),
  'a?'.repeat(31),
  '(?=(a+)+)b',
])('%s may take forever', (pattern) => {
  expect(isSafePattern(pattern)).toBe(false);
});

test.each([
  '\\d+',
  '[a-z|(+*]+',
  'exp_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}',
  '(?:ab){3}',
  'job-(?<job>\\d+)(?<part>/\\d+)?',
  'https?://[a-z]+\\.example',
  '(raw|segment)-\\d+',
  '[)(]\\(+\\)+',
])('%s does not', (pattern) => {
  expect(isSafePattern(pattern)).toBe(true);
});

test('three repetitions side by side still end', () => {
  expect(isSafePattern('\\d*\\d*\\d*x')).toBe(true);
  const begun = performance.now();
  expect(/^(?:\d*\d*\d*x)$/u.test('1'.repeat(1000))).toBe(false);
  expect(performance.now() - begun).toBeLessThan(10_000);
});

test.each(builtinNames)('the patterns of %s are quick', (name) => {
  const { id, variables } = loadBuiltin(name);
  const patterns = [id.pattern, ...Object.values(variables).flatMap(({ pattern }) => pattern ?? [])];
  expect(patterns.filter((pattern) => !isSafePattern(pattern))).toEqual([]);
});

test('a profile that was found may not have a pattern that takes forever; with --config it may', async () => {
  const world = createWorld();
  world.write(
    'home/work/slow.yaml',
    builtinText('webadmit').replace('(?<exportId>\\d+)', '(?<exportId>(\\d+)+)'),
  );
  const path = world.project('providers: { a: { profile: slow.yaml, apiKey: its-own-key } }');
  const [problem] = (await world.load()).problems;
  expect(problem?.message).toContain(
    'providers.a.profile has a pattern that may take forever to match: (?<exportId>(\\d+)+)/',
  );
  expect((await world.load({}, path)).problems).toEqual([]);
});
