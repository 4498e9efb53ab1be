import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { loadConfiguration } from '../../../src/config/configuration.ts';
import { builtinText } from '../../../src/profiles/builtin.ts';
import { createWorld, type World } from '../world.ts';

async function problemsOf(world: World, configFile?: string): Promise<string[]> {
  return (await world.load({}, configFile)).problems.map(({ message }) => message);
}

test.each([
  ['.exportpollrc', 'output: here'],
  ['.exportpollrc.json', '{ "output": "here" }'],
  ['.exportpollrc.yaml', 'output: here'],
  ['.exportpollrc.yml', 'output: here'],
  ['.config/exportpollrc', 'output: here'],
  ['.config/exportpollrc.json', '\uFEFF{ "output": "here" }'],
  ['.config/exportpollrc.yaml', 'output: here'],
  ['.config/exportpollrc.yml', 'output: here'],
  ['package.json', '{ "name": "x", "exportpoll": { "output": "here" } }'],
])('%s is a project file, and paths in it begin at the project', async (name, text) => {
  const world = createWorld();
  world.write(`home/work/${name}`, text);
  const { settings, problems } = await world.load();
  expect(problems).toEqual([]);
  expect(settings.output).toBe(join(world.cwd, 'here'));
});

test('a project file of a directory above counts, up to the repository', async () => {
  const world = createWorld();
  world.project('concurrency: 7');
  world.write('home/.exportpollrc', 'retries: 1');
  world.write('home/work/a/b/keep', '');
  const { settings } = await loadConfiguration(
    { ...world.context, cwd: join(world.cwd, 'a/b') },
    { flags: {} },
  );
  expect(settings).toMatchObject({ concurrency: 7, retries: 8 });
});

test('a profile is read once, whatever becomes of its file during the run', async () => {
  const world = createWorld();
  const path = world.write('home/profile.yaml', builtinText('rebilly'));
  world.user(`providers: { mine: { profile: ${path} } }`);
  const configuration = await world.load();
  world.write('home/profile.yaml', 'something else');
  expect(configuration.profile('mine').name).toBe('rebilly');
});

test('--config and EXPORTPOLL_CONFIG take the place of the search', async () => {
  const world = createWorld({ EXPORTPOLL_CONFIG: '~/ci.conf' });
  world.project('concurrency: 7');
  world.write('home/ci.conf', 'concurrency: 8');
  const other = world.write('home/work/other.json', '{ "concurrency": 9 }');
  expect((await world.load()).settings.concurrency).toBe(8);
  expect((await world.load({}, other)).settings.concurrency).toBe(9);
  expect((await world.load({}, 'missing.yaml')).problems[0]?.message).toContain(
    'missing.yaml: cannot be read: there is no such file',
  );
});

test.each([
  ['.config/config.js', 'home/work/.config/config.js', 'module.exports = {};'],
  ['.config/config.cjs', 'home/work/.config/config.cjs', ''],
  ['.config/config.mjs', 'home/work/.config/config.mjs', 'export default {};'],
  ['.config/config.ts', 'home/work/.config/config.ts', 'export default {};'],
  ['.exportpollrc.js', 'home/work/.exportpollrc.js', ''],
  ['.exportpollrc.cjs', 'home/work/.exportpollrc.cjs', ''],
  ['.config/exportpollrc.js', 'home/work/.config/exportpollrc.js', ''],
  ['exportpoll.config.js', 'home/work/exportpoll.config.js', ''],
  ['exportpoll.config.mjs', 'home/work/exportpoll.config.mjs', ''],
  ['the user directory’s config.js', 'home/.config/exportpoll/config.js', ''],
])('%s is never run', async (_, path, code) => {
  const world = createWorld();
  const marker = join(world.root, 'ran');
  const esm = /\.(mjs|ts)$/.test(path);
  const run = esm
    ? "import { writeFileSync } from 'node:fs';"
    : "const { writeFileSync } = require('node:fs');";
  world.write(path, `${run} writeFileSync(${JSON.stringify(marker)}, ''); ${code}`);
  // The traps spring on the directory that the process is in, not on the one that it is told.
  await inDirectory(world.cwd, async () => {
    expect(await world.load()).toMatchObject({ files: [], problems: [] });
  });
  expect(existsSync(marker)).toBe(false);
});

test.each(['package.json', '.config/config.json'])(
  'a "cosmiconfig" key in %s changes nothing',
  async (name) => {
    const world = createWorld();
    world.write('home/work/elsewhere.yaml', 'retries: 1');
    world.write(`home/work/${name}`, JSON.stringify({ cosmiconfig: { searchPlaces: ['elsewhere.yaml'] } }));
    await inDirectory(world.cwd, async () => {
      expect(await world.load()).toMatchObject({ files: [], problems: [] });
    });
  },
);

test('the process is still in its directory afterwards', async () => {
  const before = process.cwd();
  await createWorld().load();
  expect(process.cwd()).toBe(before);
});

test.each([
  ['at the top', '.exportpollrc', '$import: ./trap.cjs'],
  ['as a list', '.exportpollrc.yaml', '$import: [./trap.cjs]'],
  ['in JSON', '.exportpollrc.json', '{ "$import": "./trap.cjs" }'],
  ['in package.json', 'package.json', '{ "exportpoll": { "$import": "./trap.cjs" } }'],
  ['inside', '.exportpollrc', 'exports: { a: { id: 1, start: { $import: ./trap.cjs } } }'],
])('$import %s is refused, and runs nothing', async (_, name, text) => {
  const world = createWorld();
  const marker = join(world.root, 'ran');
  world.write('home/work/trap.cjs', `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  world.write(`home/work/${name}`, text);
  const problems = await problemsOf(world);
  expect(existsSync(marker)).toBe(false);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('"$import" is not allowed');
});

test.each(['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts'])(
  'a %s file is refused even with --config',
  async (extension) => {
    const world = createWorld();
    const marker = join(world.root, 'ran');
    const file = world.write(
      `home/c${extension}`,
      `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`,
    );
    expect((await problemsOf(world, file))[0]).toContain('is a program');
    expect(existsSync(marker)).toBe(false);
  },
);

test('an error in YAML names file and line, and quotes nothing', async () => {
  const world = createWorld();
  const path = world.project('output: x\nproviders:\n  webadmit: { apiKey: "hunter22hunter22"\nretries: 1\n');
  const [problem] = await problemsOf(world);
  expect(problem).toMatch(new RegExp(`^${path}:[34]: `));
  expect(problem).not.toContain('hunter22');
});

test.each([
  '%YAML hunter22hunter22',
  'a: !hunter22! x',
  'a: !<hunter22 x',
  'a: "\\xhunter22"',
  'a: [hunter22',
  'hunter22: @x',
])('the error in %j quotes nothing, in a configuration file or in a profile', async (text) => {
  const world = createWorld();
  world.write('home/work/secret', `${text}\n---\n`);
  world.project('providers: { a: { profile: secret } }');
  for (const problems of [await problemsOf(world), await problemsOf(world, 'secret')]) {
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toContain('hunter22');
  }
});

test('an alias in the place of a secret is refused without quoting it', async () => {
  const world = createWorld();
  world.project('providers: { webadmit: { apiKey: *hunter22hunter22 } }');
  const [problem] = await problemsOf(world);
  expect(problem).toContain('alias');
  expect(problem).not.toContain('hunter22');
});

test('an error in JSON quotes nothing', async () => {
  const world = createWorld();
  world.write(
    'home/work/.exportpollrc.json',
    '{ "providers": { "webadmit": { "apiKey": "hunter22hunter22" oops } } }',
  );
  const [problem] = await problemsOf(world);
  expect(problem).toMatch(/\.exportpollrc\.json(:1)?: is not valid JSON$/);
});

test.each([
  ['output: x\nretrys: 3', ':2: retrys is not a key that exists here; did you mean "retries"?'],
  [
    'exports:\n  a:\n    id: 1\n    outptu: x',
    ':4: exports.a.outptu is not a key that exists here; did you mean "output"?',
  ],
  ['interval: 30', ':1: interval must be a duration with its unit'],
  ['concurrency: 0', ':1: concurrency must be a whole number'],
  ['ifExists: maybe', ':1: ifExists must be one of own'],
  ['output:', ':1: output must be text, a number, true or false, but is empty'],
  ['output: [a]', ':1: output must be text, a number, true or false, but is a list'],
  ['exports: [a]', ':1: exports must be a mapping of keys to values, but is a list'],
  ['output: ${NOWHERE}/x', ':1: output needs NOWHERE, which is not set in the environment'],
  ['output: ${a-b}', ':1: output has "${" that does not begin "${NAME}"'],
  ['exports:\n  a: {}', ':2: exports.a needs an "id", or "start"'],
  ['exports:\n  "a b": { id: 1 }', ': exports.a b must be letters'],
  [
    'exports:\n  a: { id: 1, provider: webadmin }',
    ':2: exports.a.provider is an unknown provider: "webadmin"; did you mean "webadmit"?',
  ],
  ['provider: webadmin', ':1: provider is an unknown provider'],
  [
    'providers: { webadmit: { apiKey: [1] } }',
    ':1: providers.webadmit.apiKey must be text, { file: PATH } or',
  ],
  [
    'providers:\n  webadmit:\n    apikey: x',
    ':3: providers.webadmit.apikey is not a variable of profile webadmit; did you mean "apiKey"?',
  ],
  [
    'providers:\n  webadmit:\n    baseUrl: { file: x }',
    ':3: providers.webadmit.baseUrl is not a secret of profile webadmit',
  ],
  [
    'providers:\n  webadmn: { apiKey: abcdef }',
    ':2: providers.webadmn is not a built-in profile and says neither "use" nor "profile"; did you mean "webadmit"?',
  ],
  [
    'providers:\n  a: { use: webadmn }',
    ':2: providers.a.use names no built-in profile: "webadmn"; did you mean "webadmit"?',
  ],
  ['providers:\n  a: { use: webadmit, profile: x.yaml }', ':2: providers.a has both "use" and "profile"'],
  ['providers:\n  a: { profile: x.yaml }', ':2: providers.a.profile cannot be read'],
  ['providers:\n  a: { profile: { name: x } }', ':2: providers.a.profile.title: is missing'],
  ['- 1', ': the file must be a mapping'],
  ['__proto__: { output: x }', ': "__proto__" is not allowed'],
  ['exports: &a { b: *a }', ': is nested more than'],
])('the mistake in %j is told with its place', async (text, expected) => {
  const world = createWorld();
  const path = world.project(text);
  const problems = await problemsOf(world);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.startsWith(path)).toBe(true);
  expect(problems[0]).toContain(expected);
});

test.each([
  ['.exportpollrc.json', '{\n  "output": "x",\n  "outptu": 1\n}', ':3: outptu is not a key'],
  ['package.json', '{\n  "name": "x",\n  "exportpoll": {\n    "outptu": 1 } }', ':4: outptu is not a key'],
])('a mistake in %s is told with its line', async (name, text, expected) => {
  const world = createWorld();
  const path = world.write(`home/work/${name}`, text);
  expect(await problemsOf(world)).toEqual([expect.stringContaining(`${path}${expected}`)]);
});

test('a mistake in a profile is told with its line, be it in a file of its own or not', async () => {
  const world = createWorld();
  const text = builtinText('webadmit').replace('title:', 'titel:');
  const line = text.split('\n').findIndex((row) => row.startsWith('titel:')) + 1;
  const path = world.write('home/work/acme.yaml', text);
  const project = world.project(
    `providers:\n  acme: { profile: acme.yaml }\n  inline:\n    profile:\n${text.replace(/^/gm, '      ')}`,
  );
  const [inline, file] = await problemsOf(world);
  expect(file).toContain(`${path}:${line}: titel: is not a key that exists here; did you mean "title"?`);
  expect(file).toContain(`${path}: title: is missing`);
  expect(inline).toContain(`${project}:${line + 4}: providers.inline.profile.titel: is not a key`);
});

test('every mistake of a file is told at once', async () => {
  const world = createWorld();
  world.project('retrys: 1\ninterval: 5\nproviders: { webadmit: { apiKey: true } }');
  expect(await problemsOf(world)).toHaveLength(2);
});

test('a number keeps the digits that it was written with', async () => {
  const world = createWorld();
  world.project(
    'exports:\n  a: { provider: webadmit, id: 0123 }\n  b: { id: 12345678901234567890 }\n  c: { id: 1e5 }',
  );
  const { exports } = await world.load();
  expect([...exports.values()].map(({ entry }) => entry.id)).toEqual(['0123', '12345678901234567890', '1e5']);
});

async function inDirectory(directory: string, run: () => Promise<void>): Promise<void> {
  const before = process.cwd();
  process.chdir(directory);
  try {
    await run();
    // A module that was imported runs a little later.
    await new Promise((resolve) => setTimeout(resolve, 50));
  } finally {
    process.chdir(before);
  }
}
