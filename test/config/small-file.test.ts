import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createWorld, type World } from './world.ts';

const { signal } = new AbortController();

const odd: readonly (readonly [string, string, (path: string, world: World) => void])[] = [
  ['a named pipe', 'not a regular file', (path) => execFileSync('mkfifo', [path])],
  ['an endless device', 'not a regular file', (path) => symlinkSync('/dev/zero', path)],
  ['a very large file', 'larger than 1 MiB', (path) => execFileSync('truncate', ['-s', '3G', path])],
];

test.each(odd)('%s is not read as a configuration file', async (_, message, make) => {
  for (const place of ['.exportpollrc', '.config/exportpollrc.json', 'package.json']) {
    const world = createWorld();
    world.write('home/work/.config/keep', '');
    make(join(world.cwd, place), world);
    expect((await world.load()).problems.map(({ message }) => message).join()).toContain(message);
    const given = await world.load({}, place);
    expect(given.problems.map(({ message }) => message).join()).toContain(message);
  }
  const world = createWorld();
  world.write('home/.config/exportpoll/keep', '');
  make(join(world.home, '.config/exportpoll/config.yaml'), world);
  expect((await world.load()).problems.map(({ message }) => message).join()).toContain(message);
});

test.each(odd)('%s is not read as a profile or a secret', async (_, message, make) => {
  const world = createWorld();
  make(join(world.cwd, 'odd'), world);
  world.project('providers: { a: { profile: odd }, webadmit: { apiKey: { file: odd } } }');
  const configuration = await world.load();
  const [problem] = configuration.problems;
  expect(problem?.message).toContain(`providers.a.profile cannot be read: ${join(world.cwd, 'odd')}: it is `);
  expect(problem?.message).toContain(message);
  await expect(configuration.account('webadmit').secrets['apiKey']?.read(signal)).rejects.toThrow(message);
});

test('a text of more than 1000 characters matches no pattern', async () => {
  const world = createWorld({ EXPORTPOLL_REBILLY_PATH: `/${'a'.repeat(1000)}` });
  const [problem] = (await world.load()).problems;
  expect(problem?.message).toBe('EXPORTPOLL_REBILLY_PATH is longer than 1000 characters');
});
