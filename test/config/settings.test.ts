import { join } from 'node:path';

import { expect, test } from 'vitest';

import { UsageError } from '../../src/errors.ts';
import { createWorld } from './world.ts';

test('without anybody saying anything, the documented defaults hold', async () => {
  const world = createWorld();
  expect((await world.load()).settings).toEqual({
    output: world.cwd,
    name: '{name}',
    ifExists: 'own',
    force: false,
    keepCompressed: false,
    concurrency: 4,
    connections: 1,
    stallTimeoutMs: 30_000,
    retries: 8,
    json: false,
    progress: 'auto',
    quiet: false,
    verbose: false,
    color: 'auto',
    errorOnEmpty: false,
    sandbox: false,
  });
});

test('flags go before the environment, the export, the project file, the user file and the default', async () => {
  const env: Record<string, string> = {
    EXPORTPOLL_RETRIES: '1',
    EXPORTPOLL_CONNECTIONS: '2',
    EXPORTPOLL_FORCE: '',
  };
  const world = createWorld(env);
  world.project(
    'retries: 3\nconnections: 3\nmaxBytes: 3B\nconcurrency: 3\nexports: { a: { id: 1, connections: 9, maxBytes: 9B } }',
  );
  world.user('retries: 5\nconcurrency: 5\nstallTimeout: 5s\nforce: true');
  const configuration = await world.load({ retries: '0' });
  expect(configuration.settings).toMatchObject({
    retries: 0,
    connections: 2,
    maxBytes: 3,
    concurrency: 3,
    stallTimeoutMs: 5000,
    force: true,
    progress: 'auto',
  });
  expect(configuration.settingsOf('a')).toMatchObject({
    retries: 0,
    connections: 2,
    maxBytes: 9,
    concurrency: 3,
  });
  const from = Object.fromEntries(configuration.sources.map((source) => [source.key, source.from]));
  expect(from).toMatchObject({
    retries: 'flag --retries',
    connections: 'env EXPORTPOLL_CONNECTIONS',
    concurrency: join(world.cwd, '.exportpollrc'),
    stallTimeout: join(world.home, '.config/exportpoll/config.yaml'),
    progress: 'default',
    'exports.a.connections': join(world.cwd, '.exportpollrc'),
  });
});

test('a relative output is relative to whoever says it', async () => {
  const world = createWorld({ HERE: 'in' });
  world.project('output: ${HERE}/files\nexports: { a: { id: 1, output: ~/a }, b: { id: 2, output: b } }');
  const configuration = await world.load();
  expect(configuration.settings.output).toBe(join(world.cwd, 'in/files'));
  expect(configuration.settingsOf('a').output).toBe(join(world.home, 'a'));
  expect(configuration.settingsOf('b').output).toBe(join(world.cwd, 'b'));
  expect((await world.load({ output: 'flag' })).settings.output).toBe(join(world.cwd, 'flag'));
  expect((await world.load({ output: '-' })).settings.output).toBe('-');
});

test.each([
  [{ interval: '30' }, '--interval 30: must be a duration with its unit'],
  [{ interval: '0s' }, '--interval 0s: must be at least 100ms'],
  [{ maxInterval: '99ms' }, '--max-interval 99ms: must be at least 100ms'],
  [{ stallTimeout: '0s' }, '--stall-timeout 0s: must be at least 100ms'],
  [{ name: 'a/{name}' }, '--name a/{name}: must not have a "/" in it'],
  [{ exec: 'notify "done' }, '--exec notify "done: has a quote that is not closed'],
  [{ exec: 'a | b' }, '--exec a | b: has "|", which is for a shell, and none is started'],
  [{ ifExists: 'maybe' }, '--if-exists maybe: must be one of'],
  [{ concurrency: '0' }, '--concurrency 0: must be a whole number from 1'],
])('the flag %j is a mistake of usage', async (flags, message) => {
  const loading = createWorld().load(flags);
  await expect(loading).rejects.toThrow(UsageError);
  await expect(loading).rejects.toThrow(message);
});

test('a twin in the environment that cannot be read is a problem of the configuration', async () => {
  const { problems, settings } = await createWorld({ EXPORTPOLL_MAX_BYTES: 'much' }).load();
  expect(problems.map(({ message }) => message)).toEqual([
    'EXPORTPOLL_MAX_BYTES=much: must be a size such as 500MB or 2GiB',
  ]);
  expect(settings.maxBytes).toBeUndefined();
});

test.each([
  ['auto', {}, {}],
  // commander says true when the flag is not there.
  ['auto', {}, { color: true }],
  ['never', { FORCE_COLOR: '1' }, { color: false }],
  ['never', { NO_COLOR: '1' }, {}],
  ['auto', { NO_COLOR: '' }, {}],
  ['always', { FORCE_COLOR: '1', NO_COLOR: '1' }, {}],
  ['never', { FORCE_COLOR: '0' }, {}],
  ['never', { EXPORTPOLL_NO_COLOR: '1', FORCE_COLOR: '1' }, {}],
])('color is %s with %j in the environment and flags %j', async (expected, env, flags) => {
  expect((await createWorld(env).load(flags)).settings.color).toBe(expected);
});

test.each(['always', 'never', 'blue'])('EXPORTPOLL_NO_COLOR=%s is neither yes nor no', async (text) => {
  const { problems, settings } = await createWorld({ EXPORTPOLL_NO_COLOR: text }).load();
  expect(problems.map(({ message }) => message)).toEqual([
    `EXPORTPOLL_NO_COLOR=${text}: must be true or false`,
  ]);
  expect(settings.color).toBe('auto');
});
