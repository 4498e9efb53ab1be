import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe } from 'vitest';
import { it, sandboxEnv } from '../helpers/e2e.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a line of shell, in which `"$@"` is the program. */
async function shell(line: string, cwd: string, env: Record<string, string>): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa('sh', ['-c', line, 'sh', process.execPath, PROGRAM], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    extendEnv: false,
    reject: false,
    timeout: 15_000,
  });
  return { exitCode, stdout, stderr };
}

describe.concurrent('a standard output that cannot be written', () => {
  it.for(['providers', 'watch webadmit:86446/74780', 'watch --json webadmit:86446/74780 --progress none'])(
    'is told in one sentence and ends with 74: %s',
    async (args, { expect, cli, sandbox }) => {
      const env = { HOME: cli.home, ...sandboxEnv(sandbox) };
      const { exitCode, stderr } = await shell(`"$@" ${args} >/dev/full`, cli.directory, env);
      expect(exitCode).toBe(74);
      expect(stderr.match(/standard output cannot be written \(ENOSPC\)/g)).toHaveLength(1);
      expect(stderr).not.toMatch(/^\s+at |bug/m);
    },
  );

  it('ends a stream of files', async ({ expect, cli, sandbox }) => {
    const env = { HOME: cli.home, ...sandboxEnv(sandbox) };
    const { exitCode } = await shell('"$@" watch -o - mytracker-raw:4 >/dev/full', cli.directory, env);
    expect(exitCode).toBe(74);
  });
});

it('a standard error that cannot be written changes nothing', async ({ expect, cli, sandbox }) => {
  const env = { HOME: cli.home, ...sandboxEnv(sandbox) };
  const { exitCode, stdout } = await shell('"$@" watch webadmit:86446/74780 2>/dev/full', cli.directory, env);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: join(cli.directory, 'Test-API-Export.csv') });
});

it('a current directory that was removed is told in a sentence', async ({ expect, cli }) => {
  const gone = join(cli.directory, 'gone');
  await mkdir(gone);
  const { exitCode, stderr } = await shell('rmdir "$PWD"; "$@" providers', gone, { HOME: cli.home });
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^exportpoll: the current directory cannot be used/);
});

it.for(['', 'relative'])('a HOME of "%s" is none', async (home, { expect, cli }) => {
  const { exitCode, stdout } = await shell('"$@" providers', cli.directory, { HOME: home });
  expect(exitCode).toBe(0);
  expect(stdout).toContain('webadmit');
});

it('a run that ends before its time is no success', async ({ expect, cli }) => {
  const script = `
    process.argv.splice(1, Infinity, 'exportpoll', '--version');
    void require(${JSON.stringify(fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url)))}).main();
    console.log(process.exitCode);`;
  const { stdout, exitCode } = await execa(process.execPath, ['-e', script], { cwd: cli.directory });
  expect({ exitCode, stdout: stdout.split('\n').sort() }).toEqual({ exitCode: 0, stdout: ['0.1.0', '1'] });
});
