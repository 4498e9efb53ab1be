import { expect, test } from 'vitest';

import { projectDirectories, userFiles } from '../../src/config/paths.ts';
import { createWorld } from './world.ts';

const repository = (path: string) => (file: string) => file === `${path}/.git`;

test.each([
  [
    'up to the root of the repository',
    '/home/me/repo/a/b',
    '/home/me/repo',
    ['/home/me/repo/a/b', '/home/me/repo/a', '/home/me/repo'],
  ],
  ['up to home without a repository', '/home/me/a', '/nowhere', ['/home/me/a', '/home/me']],
  ['not above home, whatever lies there', '/home/me/a', '/home', ['/home/me/a', '/home/me']],
  ['outside of home up to the repository', '/srv/repo/a', '/srv/repo', ['/srv/repo/a', '/srv/repo']],
  ['outside of both only the directory itself', '/srv/a/b', '/nowhere', ['/srv/a/b']],
])('the project file is searched %s', (_, cwd, root, expected) => {
  expect(projectDirectories(cwd, '/home/me', repository(root))).toEqual(expected);
});

test('the user file is under XDG_CONFIG_HOME, unless that is relative', () => {
  const world = createWorld({ XDG_CONFIG_HOME: '/xdg' });
  expect(userFiles(world.context)[0]).toBe('/xdg/exportpoll/config.yaml');
  const relative = createWorld({ XDG_CONFIG_HOME: 'xdg' });
  expect(userFiles(relative.context)[0]).toBe(`${relative.home}/.config/exportpoll/config.yaml`);
});
