import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createWorld } from '../world.ts';

test.each([
  '~/.config/exportpoll',
  '~/.ssh',
  '/etc',
  '..',
  'exports/../../elsewhere',
  '../work-too',
  'link',
  'link/deeper',
  'dangling',
  'chain/x',
  'circle',
  '.git/hooks',
  'sub/.GIT',
])('a file found by search may not have files saved in %s', async (output) => {
  const world = createWorld();
  mkdirSync(join(world.home, 'real'));
  symlinkSync('../real', join(world.cwd, 'link'));
  symlinkSync('../not/there', join(world.cwd, 'dangling'));
  symlinkSync('link', join(world.cwd, 'chain'));
  symlinkSync('circle', join(world.cwd, 'circle'));
  for (const [key, text] of [
    ['output', `output: ${output}`],
    ['exports.a.output', `exports: { a: { id: 1, output: ${output} } }`],
  ] as const) {
    const path = world.project(text);
    const [problem, ...more] = (await world.load()).problems;
    expect(more).toEqual([]);
    expect(problem?.message).toContain(`${key} is outside of ${world.cwd}`);
    expect(problem?.message).toContain(`--config ${path}`);
    expect((await world.load({}, path)).problems).toEqual([]);
    const other = createWorld({ EXPORTPOLL_OUTPUT: output });
    other.user(text);
    expect((await other.load({ output })).problems).toEqual([]);
  }
});

test.each(['.', 'exports', './a/b/../c', '-', 'inner', '..exports'])(
  'a file found by search may have files saved in %s',
  async (output) => {
    const world = createWorld();
    mkdirSync(join(world.cwd, 'real'));
    symlinkSync('real', join(world.cwd, 'inner'));
    world.project(`output: '${output}'`);
    expect((await world.load()).problems).toEqual([]);
    const nested = createWorld();
    nested.write('home/work/.config/exportpollrc', `output: '${output}'`);
    mkdirSync(join(nested.cwd, 'sub'));
    expect((await nested.load()).problems).toEqual([]);
  },
);
