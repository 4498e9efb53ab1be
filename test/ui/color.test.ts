import { expect, it } from 'vitest';

import { createPaint, wantsColor } from '../../src/ui/color.ts';
import { FakeOutput } from './world.ts';

const terminal = new FakeOutput({ isTTY: true });
const pipe = new FakeOutput({ isTTY: false });

it.each([
  ['a terminal gets colours', 'auto', terminal, {}, true],
  ['a pipe gets none', 'auto', pipe, {}, false],
  ['a dumb terminal gets none', 'auto', terminal, { TERM: 'dumb' }, false],
  ['NO_COLOR takes them away', 'auto', terminal, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR does not count', 'auto', terminal, { NO_COLOR: '' }, true],
  ['FORCE_COLOR gives them to a pipe', 'auto', pipe, { FORCE_COLOR: '1' }, true],
  ['FORCE_COLOR=0 takes them away', 'auto', terminal, { FORCE_COLOR: '0' }, false],
  ['FORCE_COLOR is stronger than NO_COLOR', 'auto', pipe, { FORCE_COLOR: '1', NO_COLOR: '1' }, true],
  ['the flag is stronger than the environment', 'never', terminal, { FORCE_COLOR: '1' }, false],
  ['always is always', 'always', pipe, { NO_COLOR: '1' }, true],
] as const)('%s', (_title, mode, output, env, expected) => {
  expect(wantsColor(mode, output, env)).toBe(expected);
});

it('paints only when colours are wanted', () => {
  expect(createPaint(false)('red', 'x')).toBe('x');
  expect(createPaint(true)('red', 'x')).toBe('\u001B[31mx\u001B[39m');
});
