import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';
import type { Cli } from '../helpers/run-cli.ts';

/** Files by their paths; those below `home/` are in the user's home, the others where the program is run. */
type Trap = (marker: string) => Record<string, string>;

const EXTENSIONS = ['js', 'cjs', 'mjs', 'ts'] as const;
const PLACES = [
  '.exportpollrc',
  '.config/exportpollrc',
  'exportpoll.config',
  'home/.exportpollrc',
  'home/.config/config',
  'home/.config/exportpoll/config',
  'home/xdg-config/exportpoll/config',
];

/** A program that leaves a mark when it is run, in the language of its file's name. */
function program(path: string, marker: string): string {
  const mark = `writeFileSync(${JSON.stringify(marker)}, '');`;
  return /\.(mjs|ts)$/.test(path)
    ? `import { writeFileSync } from 'node:fs';\n${mark}\nexport default {};\n`
    : `const { writeFileSync } = require('node:fs');\n${mark}\nmodule.exports = {};\n`;
}

const programs =
  (...paths: string[]): Trap =>
  (marker) =>
    Object.fromEntries(paths.map((path) => [path, program(path, marker)]));

/** Data that makes cosmiconfig look for a program, and data that makes it import one. */
const searching =
  (path: string, around: (data: object) => object): Trap =>
  (marker) => ({
    [path]: JSON.stringify(around({ searchPlaces: ['trap.cjs'] })),
    'trap.cjs': program('trap.cjs', marker),
  });
const importing =
  (path: string, around: (data: object) => object = (data) => data): Trap =>
  (marker) => ({
    [path]: JSON.stringify(around({ $import: './trap.cjs' })),
    [join(dirname(path), 'trap.cjs')]: program('trap.cjs', marker),
  });
const meta = (cosmiconfig: object): object => ({ name: 'x', cosmiconfig });

/** Where cosmiconfig 9 finds its own options, each by itself: it looks no further than the first. */
const META: readonly (readonly [string, Trap])[] = [
  ...['js', 'cjs', 'mjs'].map((extension) => {
    const path = `.config/config.${extension}`;
    return [path, programs(path)] as const;
  }),
  ...['.config/config.json', '.config/config.yaml', '.config/config.yml'].map(
    (path) => [`"cosmiconfig" in ${path}`, searching(path, meta)] as const,
  ),
  // It takes the key twice from these.
  ...['package.json', 'package.yaml'].map(
    (path) => [`"cosmiconfig" twice in ${path}`, searching(path, (data) => meta(meta(data)))] as const,
  ),
];

/** What it may run with another TypeScript beside it, or in another version. */
const MORE_META: readonly (readonly [string, Trap])[] = [
  ['.config/config.ts', programs('.config/config.ts')],
  ...['package.json', 'package.yaml'].map(
    (path) => [`"cosmiconfig" in ${path}`, searching(path, meta)] as const,
  ),
  ...['package.json', 'package.yaml', '.config/config.json', '.config/config.yaml', '.config/config.yml'].map(
    (path) => [`$import in ${path}`, importing(path, meta)] as const,
  ),
];

/** Every command but `sandbox` and the helps reads these. */
const OWN: readonly (readonly [string, Trap])[] = [
  [
    'every place of a program',
    programs(...PLACES.flatMap((place) => EXTENSIONS.map((extension) => `${place}.${extension}`))),
  ],
  ['$import in .exportpollrc', importing('.exportpollrc')],
];

/** One reader reads them all for every command. */
const MORE_OWN: readonly (readonly [string, Trap])[] = [
  ...['.json', '.yaml', '.yml'].map((end) => importing(`.exportpollrc${end}`)),
  ...['', '.json', '.yaml', '.yml'].map((end) => importing(`.config/exportpollrc${end}`)),
  importing('package.json', (exportpoll) => ({ exportpoll })),
  importing('home/xdg-config/exportpoll/config.yaml'),
].map((trap) => [`$import in ${Object.keys(trap(''))[0]}`, trap] as const);

/** Each test runs every command, one after the other, and a busy machine takes its time. */
const LONG = { timeout: 240_000 };

describe.concurrent('no command runs a program that lies', LONG, () => {
  it.for([...META, ...MORE_META, ...OWN])('as %s', async ([, trap], { expect, cli }) => {
    const marker = plant(cli, trap);
    for (const args of await everyCommand(cli)) {
      const { exitCode, stderr } = await run(cli, args);
      expect(existsSync(marker), `exportpoll ${args.join(' ')}`).toBe(false);
      // Data that asks for it is refused by what reads it, and everything else goes on.
      if (exitCode === 78) expect(stderr).toMatch(/\$import" is not allowed/);
    }
  });

  it.for(MORE_OWN)('as %s', async ([, trap], { expect, cli }) => {
    const marker = plant(cli, trap);
    const { exitCode, stderr } = await cli.run(['config']);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 78,
      stderr: expect.stringContaining('"$import" is not'),
    });
    expect(existsSync(marker)).toBe(false);
  });

  it('behind --config', async ({ expect, cli }) => {
    for (const extension of EXTENSIONS) {
      const marker = plant(cli, programs(`mine.${extension}`));
      const { exitCode, stderr } = await cli.run(['config', '--config', `mine.${extension}`]);
      expect({ exitCode, stderr }).toMatchObject({
        exitCode: 78,
        stderr: expect.stringContaining('is a program'),
      });
      expect(existsSync(marker)).toBe(false);
    }
    const marker = plant(cli, importing('mine.yaml'));
    expect(await cli.run(['config', '--config', 'mine.yaml'])).toMatchObject({ exitCode: 78 });
    expect(existsSync(marker)).toBe(false);
  });
});

describe('the traps of these tests', () => {
  /** What a program does that takes cosmiconfig as it comes. */
  const naive = "require('cosmiconfig').cosmiconfig('exportpoll').search().catch(() => undefined)";

  it.for(META)('catch who is not careful: %s', async ([, trap], { expect, cli }) => {
    const marker = plant(cli, trap);
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_PATH: fileURLToPath(new URL('../../node_modules', import.meta.url)),
    };
    execFileSync(process.execPath, ['-e', naive], { cwd: cli.directory, env, stdio: 'ignore' });
    expect(existsSync(marker)).toBe(true);
  });
});

/** Sets the trap, and gives the path of the file that it makes when it springs. */
function plant({ directory, home }: Cli, trap: Trap): string {
  const marker = join(home, 'a-program-was-run');
  for (const [path, text] of Object.entries(trap(marker))) {
    const full = path.startsWith('home/') ? join(home, path.slice('home/'.length)) : join(directory, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text, { mode: 0o600 });
  }
  return marker;
}

/** Nobody listens at the discard port. */
const ENV = {
  EXPORTPOLL_WEBADMIT_BASE_URL: 'http://127.0.0.1:9',
  EXPORTPOLL_WEBADMIT_API_KEY: 'some-api-key',
  EXPORTPOLL_RETRIES: '0',
};

const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  watch: ['webadmit:1/2'],
  download: ['webadmit:1/2'],
  status: ['webadmit:1/2'],
  start: ['webadmit'],
  cancel: ['webadmit:1/2'],
  complete: ['bash'],
};

/** Each command that the help names, with what it needs; the help itself; and what is no command. */
async function everyCommand(cli: Cli): Promise<readonly (readonly string[])[]> {
  const { stdout } = await cli.run(['--help'], { env: ENV });
  const names = [...stdout.matchAll(/^ {2}([a-z]+)\b/gm)].flatMap(([, name]) => name ?? []);
  if (!names.includes('watch') || !names.includes('config')) throw new Error(`no commands in ${stdout}`);
  const commands = [...new Set(names)].map((name) => [name, ...(ARGUMENTS[name] ?? [])]);
  return [...commands, [], ['--help'], ['--version'], ['watch', '--help'], ['nonsense']];
}

async function run(cli: Cli, args: readonly string[]): ReturnType<Cli['run']> {
  if (args[0] !== 'sandbox') return await cli.run(args, { env: ENV });
  const serving = cli.start(args, { env: ENV });
  await serving.stdoutMatching(/providers:/);
  serving.kill('SIGINT');
  return await serving.result;
}
