import { styleText } from 'node:util';

import type { Context, Output } from '../context.ts';

export type Color = 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or gives it back as it is. */
export type Paint = (color: Color, text: string) => string;

/**
 * Whether `output` gets colours. `always` and `never` are the user's word; for `auto`, the first that applies:
 *
 * | environment | colours |
 * | --- | --- |
 * | `FORCE_COLOR` | yes; `0` and `false` mean no |
 * | `NO_COLOR`, not empty (no-color.org) | no |
 * | otherwise | on a terminal that is not `dumb` |
 */
export function wantsColor(mode: 'auto' | 'never' | 'always', output: Output, env: Context['env']): boolean {
  if (mode !== 'auto') return mode === 'always';
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: term } = env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  if (no !== undefined && no !== '') return false;
  return output.isTTY && term !== 'dumb';
}

export function createPaint(colored: boolean): Paint {
  if (!colored) return (_color, text) => text;
  // The question is settled; without this, styleText would ask stdout.
  return (color, text) => styleText(color, text, { validateStream: false });
}
