import { cp, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WATCH = ['watch', '--sandbox', '-q', '--interval', '100ms', 'webadmit:86446/74780'];

const folders: string[] = [];

afterAll(async () => {
  for (const path of folders) await rm(path, { recursive: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'exportpoll-cache-'));
  folders.push(path);
  return path;
}

async function node(
  args: readonly string[],
  cwd: string,
): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  return await execa(process.execPath, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: cwd },
    extendEnv: false,
    reject: false,
    timeout: 20_000,
  });
}

/** The program as it is installed, with its caches treated by `treat`. */
async function installedWith(treat: (cache: string) => Promise<void>): Promise<string> {
  const copy = await folder();
  for (const part of ['bin', 'dist', 'profiles', 'package.json'])
    await cp(join(ROOT, part), join(copy, part), { recursive: true });
  const caches = (await readdir(join(copy, 'dist'))).filter((name) => name.endsWith('.cache'));
  expect(caches.length).toBeGreaterThan(20);
  for (const name of caches) await treat(join(copy, 'dist', name));
  return join(copy, 'bin/exportpoll.js');
}

describe.concurrent('the compiled code that the build leaves', () => {
  it('is taken by V8, whatever a download loads', async () => {
    const script = `
      const seen = { accepted: 0, rejected: [] };
      process.argv.splice(1, Infinity, 'exportpoll', ...${JSON.stringify(WATCH)});
      const { load } = require(${JSON.stringify(join(ROOT, 'bin/load.js'))});
      load(${JSON.stringify(join(ROOT, 'dist/cli.cjs'))}, (script, path) => {
        if (script.cachedDataRejected === false) seen.accepted += 1;
        else seen.rejected.push(path);
      }).main().finally(() => console.log(JSON.stringify(seen)));`;
    const { stdout } = await node(['-e', script], await folder());
    const seen = JSON.parse(stdout.split('\n').at(-1) ?? '') as { accepted: number; rejected: string[] };
    expect(seen.rejected).toEqual([]);
    expect(seen.accepted).toBeGreaterThan(20);
  });

  it.each<[string, (cache: string) => Promise<void>]>([
    ['missing', async (cache) => await rm(cache)],
    ['cut short', async (cache) => await truncate(cache, 100)],
    ['something else', async (cache) => await writeFile(cache, 'something else')],
    ['empty', async (cache) => await truncate(cache, 0)],
  ])('may be %s', async (_, treat) => {
    const program = await installedWith(treat);
    const cwd = await folder();
    const { exitCode, stdout, stderr } = await node([program, ...WATCH], cwd);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: join(cwd, 'Test-API-Export.csv'),
      stderr: '',
    });
  });
});
