import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';

import { it, sandboxEnv } from '../helpers/e2e.ts';

const LOADER = fileURLToPath(new URL('../../bin/load.js', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

interface Loaded {
  readonly exitCode: number | undefined;
  /** Files of the bundle. */
  readonly files: readonly string[];
  /** Modules of Node, as `NativeModule http2`. */
  readonly builtins: readonly string[];
}

/** Runs the built program with `args`, and tells what it has loaded by its end. */
async function loadedBy(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Loaded> {
  const script = `
    const files = [];
    process.argv.splice(1, Infinity, 'exportpoll', ...${JSON.stringify(args)});
    require(${JSON.stringify(LOADER)})
      .load(${JSON.stringify(PROGRAM)}, (_, cache) => files.push(cache.replace(/(?<=\\.cjs)\\..*/, '')))
      .main()
      .finally(() => console.log(JSON.stringify({ files, builtins: process.moduleLoadList })));`;
  const { stdout, exitCode } = await execa(process.execPath, ['-e', script], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    reject: false,
    timeout: 20_000,
  });
  return { ...(JSON.parse(stdout.split('\n').at(-1) ?? '') as Loaded), exitCode };
}

/** The packages that are in these files, by their source maps; what holds nothing but the bundler's own has none. */
async function packagesIn(files: readonly string[]): Promise<string[]> {
  const paths = files.map((file) => `${file}.map`).filter((path) => existsSync(path));
  const maps = await Promise.all(paths.map(async (path) => await readFile(path, 'utf8')));
  const names = maps
    .flatMap((map) => (JSON.parse(map) as { sources: string[] }).sources)
    .flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []);
  return [...new Set(names)].sort();
}

it('a look that has everything from the environment loads only what it uses', async ({
  expect,
  cli,
  sandbox,
}) => {
  const env = { HOME: cli.home, ...sandboxEnv(sandbox) };
  const { files, builtins, exitCode } = await loadedBy(['status', 'mytracker-raw:4'], cli.directory, env);
  // It is not ready yet.
  expect(exitCode).toBe(8);
  const packages = await packagesIn(files);
  expect(packages).toContain('undici');
  expect(packages.filter((name) => /^(zod|yaml|cosmiconfig|execa|ora)$/.test(name))).toEqual([]);
  expect(builtins).toContain('NativeModule http');
  expect(builtins).not.toContain('NativeModule http2');
  expect(builtins).not.toContain('NativeModule worker_threads');
});

it('a version is told without what makes requests', async ({ expect, cli }) => {
  const { files, builtins, exitCode } = await loadedBy(['--version'], cli.directory, { HOME: cli.home });
  expect(exitCode).toBe(0);
  const packages = await packagesIn(files);
  expect(packages).toContain('commander');
  expect(packages).not.toContain('undici');
  expect(builtins).not.toContain('NativeModule http');
});
