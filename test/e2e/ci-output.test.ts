import { lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';
import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';

const READY = 'webadmit:86446/74780';

describe.concurrent('--ci-output github', () => {
  const github = (home: string): Record<string, string> => ({
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: join(home, 'output'),
    GITHUB_STEP_SUMMARY: join(home, 'summary'),
  });

  it('appends the outputs and the summary of the step', async ({ expect, run, cli }) => {
    const env = github(cli.home);
    await writeFile(env['GITHUB_OUTPUT'] ?? '', 'earlier=1\n');
    const args = ['watch', '-q', READY, '--ci-output', 'github'];
    expect(await run(args, { env })).toMatchObject({ exitCode: 0, stderr: '' });
    const output = await readFile(env['GITHUB_OUTPUT'] ?? '', 'utf8');
    const delimiters = new Set([...output.matchAll(/<<(\S+)/g)].map(([, delimiter]) => delimiter));
    expect(delimiters.size).toBe(1);
    const [delimiter = ''] = delimiters;
    expect(delimiter).toMatch(/^exportpoll_[\da-f-]{36}$/);
    const path = join(cli.directory, 'Test-API-Export.csv');
    const { size } = await lstat(path);
    const values = {
      exit_code: '0',
      files: '1',
      bytes: String(size),
      states: 'ready',
      targets: READY,
      paths: path,
    };
    expect(output).toBe(
      `earlier=1\n${Object.entries(values)
        .map(([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`)
        .join('')}`,
    );
    expect(await readFile(env['GITHUB_STEP_SUMMARY'] ?? '', 'utf8')).toContain('1 file, ');

    // What was here already is reported all the same, and the delimiter is never the same.
    expect(await run(args, { env })).toMatchObject({ exitCode: 0 });
    const again = (await readFile(env['GITHUB_OUTPUT'] ?? '', 'utf8')).slice(output.length);
    expect(again.replace(/exportpoll_[\da-f-]{36}/g, delimiter)).toBe(output.slice('earlier=1\n'.length));
    expect(again).not.toContain(delimiter);
  });

  it('tells what failed', async ({ expect, run, cli }) => {
    const env = github(cli.home);
    const args = ['watch', READY, 'webadmit:86446/74785', '--ci-output', 'github'];
    expect(await run(args, { env })).toMatchObject({ exitCode: 10 });
    const output = await readFile(env['GITHUB_OUTPUT'] ?? '', 'utf8');
    expect(output).toContain('exit_code<<');
    expect(output).toContain('\n10\n');
    expect(output).toContain(`\n${READY}\tready\nwebadmit:86446/74785\tfailed\n`);
  });

  it('names no target for what watch cannot go on with', async ({ expect, run, cli }) => {
    const env = github(cli.home);
    const args = ['webadmit:86446/74785', 'webadmit:86446/74404', READY, '--ci-output', 'github'];
    expect(await run(['watch', ...args], { env })).toMatchObject({ exitCode: 11 });
    const output = await readFile(env['GITHUB_OUTPUT'] ?? '', 'utf8');
    expect(output).toMatch(new RegExp(`^targets<<(\\S+)\\n${READY}\\n\\1$`, 'm'));
    expect(output).toMatch(/^webadmit:86446\/74404\tgone$/m);
  });

  it('tells the state that is known of what is here already', async ({ expect, run, cli }) => {
    const params = ['event=installs', 'selectors=idDevice', 'dateFrom={yesterday}'];
    const start = ['start', 'mytracker-raw', ...params.flatMap((text) => ['--param', text]), '-q'];
    expect(await run([...start, '--watch'])).toMatchObject({ exitCode: 0 });
    expect(await run([...start, '--ci-output', 'gitlab:e.env'])).toMatchObject({ exitCode: 0 });
    const text = await readFile(join(cli.directory, 'e.env'), 'utf8');
    expect(text).toMatch(/_STATES=\{"mytracker-raw:\d+":"ready"\}\n/);
    expect((await run(['list'])).stdout).toMatch(/mytracker-raw:\d+ +ready /);
  });

  it('hands on what was started to a step that waits for it', async ({ expect, run, cli, sandbox }) => {
    const env = github(cli.home);
    const params = ['event=installs', 'selectors=idDevice'].flatMap((text) => ['--param', text]);
    expect(await run(['start', 'mytracker-raw', ...params, '--ci-output', 'github'], { env })).toMatchObject({
      exitCode: 0,
    });
    const output = await readFile(env['GITHUB_OUTPUT'] ?? '', 'utf8');
    const [, , targets = ''] = /^targets<<(\S+)\n([^]*?)\n\1$/m.exec(output) ?? [];
    expect(targets).toBe(`mytracker-raw:${sandbox.started[0]?.id}`);
    expect(await run(['watch', '-q', targets])).toMatchObject({ exitCode: 0 });
  });

  it('is refused elsewhere, before anything is asked', async ({ expect, run, sandbox }) => {
    const { exitCode, stderr } = await run(['watch', READY, '--ci-output', 'github']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('GITHUB_OUTPUT is not set');
    expect(sandbox.requests).toEqual([]);
  });

  it('that cannot be written ends a run with an error that went well otherwise', async ({
    expect,
    run,
    cli,
  }) => {
    const env = { ...github(cli.home), GITHUB_OUTPUT: join(cli.home, 'nowhere', 'output') };
    const { exitCode, stderr, stdout } = await run(['watch', '-q', READY, '--ci-output', 'github'], { env });
    expect(exitCode).toBe(73);
    expect(stderr).toContain('nowhere');
    expect(stdout).toContain('Test-API-Export.csv');
  });
});

describe.concurrent('--ci-output gitlab:FILE', () => {
  const args = ['watch', '-q', READY, '--ci-output', 'gitlab:export.env'];

  it('writes a dotenv report', async ({ expect, run, cli }) => {
    expect(await run(args)).toMatchObject({ exitCode: 0, stderr: '' });
    const text = await readFile(join(cli.directory, 'export.env'), 'utf8');
    expect(text.split('\n').map((line) => line.replace(/=.*/, ''))).toEqual([
      'EXPORTPOLL_EXPORT_EXIT_CODE',
      'EXPORTPOLL_EXPORT_FILES',
      'EXPORTPOLL_EXPORT_BYTES',
      'EXPORTPOLL_EXPORT_STATES',
      'EXPORTPOLL_EXPORT_TARGETS',
      'EXPORTPOLL_EXPORT_PATHS',
      '',
    ]);
    expect(text).toContain(`_PATHS=["${cli.directory}/Test-API-Export.csv"]\n`);

    // In a later job they are in the environment, and no reason to complain.
    const env = Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => [line.replace(/=.*/, ''), line.replace(/^.*?=/, '')]),
    );
    const later = await run(['watch', '--progress', 'none', READY], { env });
    expect(later).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.for([
    ['a FIFO', async (path) => void (await execa('mkfifo', [path])), 'is not a regular file'],
    ['a directory', async (path) => await mkdir(path), 'is not a regular file'],
    ['a link to nowhere', async (path) => await symlink('nowhere', path), 'is a symbolic link'],
    ['a link to a file', async (path) => await symlink('../victim', path), 'is a symbolic link'],
    // As /dev/stdout is, which who may write to /dev would lose.
    ['a link to a device', async (path) => await symlink('/dev/null', path), 'is a symbolic link'],
  ] satisfies [string, (path: string) => Promise<void>, string][])(
    'neither follows nor replaces %s, and asks for nothing',
    async ([, plant, what], { expect, run, cli, sandbox }) => {
      const victim = await cli.write('../victim', 'mine');
      const path = join(cli.directory, 'export.env');
      await plant(path);
      const before = await lstat(path);
      const { exitCode, stderr } = await run(args);
      expect([exitCode, sandbox.requests.length]).toEqual([73, 0]);
      expect(stderr).toBe(
        `exportpoll: --ci-output gitlab:export.env: ${path} ${what}\n  name a file, or one that is not there yet\n`,
      );
      expect((await lstat(path)).ino).toBe(before.ino);
      expect(await readFile(victim, 'utf8')).toBe('mine');
    },
  );

  it.for(['x'.repeat(300), 'file/export.env'])('cannot be %s', async (file, { expect, run, cli }) => {
    await cli.write('file', '');
    const { exitCode, stderr } = await run(['watch', '-q', READY, '--ci-output', `gitlab:${file}`]);
    expect(exitCode).toBe(73);
    expect(stderr).toContain(`${join(cli.directory, file)}: cannot be created`);
  });

  it('replaces nothing that came there while the run worked', async ({ expect, run, cli }) => {
    const path = join(cli.directory, 'export.env');
    const { exitCode, stderr } = await run([...args, '--exec', `sh -c 'mkfifo ${path}'`]);
    expect(exitCode).toBe(73);
    expect(stderr).toContain(`${path} is not a regular file`);
    expect((await lstat(path)).isFIFO()).toBe(true);
  });

  it('says what a configuration is worth that stops the run', async ({ expect, run, cli }) => {
    await cli.write('.exportpollrc', 'outptu: x');
    expect(await run(args)).toMatchObject({ exitCode: 78 });
    expect(await readFile(join(cli.directory, 'export.env'), 'utf8')).toContain('EXIT_CODE=78');
  });

  it.for(['gitlab', 'gitlab:', 'jenkins'])('is not %s', async (where, { expect, run }) => {
    const { exitCode, stderr } = await run(['watch', READY, '--ci-output', where]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('must be github or gitlab:FILE');
  });

  it('says that it could not write also when the run ends before its work', async ({ expect, run, cli }) => {
    await cli.write('.exportpollrc', 'outptu: x');
    const { exitCode, stderr } = await run(['watch', READY, '--ci-output', 'gitlab:nowhere/export.env']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('outptu');
    expect(stderr).toContain('nowhere/export.env');
  });
});
