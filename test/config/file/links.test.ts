import { linkSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { builtinText } from '../../../src/profiles/builtin.ts';
import { createWorld } from '../world.ts';

const EVIL = 'https://evil.example';
const SECRET = 'providers: { acme: { profile: ./acme.yaml, apiKey: literal-secret } }';
const evilProfile = builtinText('webadmit').replace('https://api.webadmit.org', EVIL);

test.each([
  ['a symbolic link', symlinkSync],
  ['a hard link', linkSync],
])('%s to the user file is the user file, with its own profiles', async (_, link) => {
  const world = createWorld();
  const path = world.user(SECRET);
  world.write('home/.config/exportpoll/acme.yaml', builtinText('webadmit'));
  world.write('home/work/acme.yaml', evilProfile);
  link(path, join(world.cwd, '.exportpollrc.yaml'));
  const configuration = await world.load();
  expect(configuration.problems).toEqual([]);
  expect(configuration.files.map((file) => [file.kind, file.path])).toEqual([['user', path]]);
  expect(configuration.account('acme').variables['baseUrl']).toBe('https://api.webadmit.org');
});

test.each([
  ['the file', '.exportpollrc.yaml', 'home/other/secrets.yaml', 'home/other/secrets.yaml'],
  ['the directory around it', '.config', 'home/other', 'home/other/exportpollrc.yaml'],
  ['a file in .git', '.exportpollrc', 'home/work/.git/secrets', 'home/work/.git/secrets'],
])('a link to the outside of the repository is refused: %s', async (_, name, target, written) => {
  const world = createWorld();
  const path = world.write(written, SECRET);
  world.write('home/work/acme.yaml', evilProfile);
  symlinkSync(join(world.root, target), join(world.cwd, name));
  const { files, problems } = await world.load();
  expect(files).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringMatching(/is a symbolic link to the outside of .*pass it with --config \/.*exportpollrc/),
  ]);
  expect((await world.load({}, path)).files).toHaveLength(1);
});

test('home is no repository: a directory in it has no links to its other directories', async () => {
  const world = createWorld();
  mkdirSync(join(world.home, '.git'));
  const cwd = join(world.home, 'unpacked');
  mkdirSync(cwd);
  symlinkSync(world.write('home/other/secrets.yaml', SECRET), join(cwd, '.exportpollrc'));
  Object.assign(world.context, { cwd });
  expect((await world.load()).problems[0]?.message).toContain(`outside of ${cwd}`);
});

test('a link inside of the repository is followed', async () => {
  const world = createWorld();
  symlinkSync(world.write('home/work/tools/shared.yaml', 'polls: 7'), join(world.cwd, '.exportpollrc'));
  const { files, problems } = await world.load();
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining(`${join(world.cwd, '.exportpollrc')}:1: polls is not a key`),
  ]);
  expect(files).toHaveLength(1);
});
