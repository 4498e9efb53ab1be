import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';

import { it, readManifest, sandboxEnv } from '../helpers/e2e.ts';
import { eventsOf, ofType, type Cli } from '../helpers/run-cli.ts';

const TARGET = 'mytracker-raw:4';
/** A command that succeeds once there is a file `ready` in the home directory, and counts how often it ran. */
const LOADER = `sh -c 'echo ran >>"$HOME/ran"; test -e "$HOME/ready" || exit 42'`;

async function timesRun({ home }: Cli): Promise<number> {
  const log = await readFile(join(home, 'ran'), 'utf8').catch(() => '');
  return log.split('\n').length - 1;
}

describe.concurrent('the command of --exec', () => {
  const paths = (line: string): string[] => ['watch', TARGET, '--exec', line];

  it('gets the paths of all files after they were committed, and keeps stdout to the results', async ({
    expect,
    run,
    cli,
  }) => {
    const result = await run(paths(`sh -c 'ls "$EXPORTPOLL_EXPORT_MANIFEST"; printf "<%s>" "$@"' name`));
    expect(result.exitCode, result.stderr).toBe(0);
    const saved = result.stdout.trim().split('\n').sort();
    expect(saved).toHaveLength(2);
    for (const path of saved) expect(result.stderr).toContain(`<${path}>`);
    expect(result.stderr).toContain(join(cli.directory, 'mytracker-raw-4.manifest.json'));
  });

  it('does not get our secrets', async ({ expect, run }) => {
    const result = await run(paths('sh -c env name'));
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toContain('EXPORTPOLL_EXPORT_ID=4');
    expect(result.stderr).not.toMatch(/SECRET_KEY/);
  });

  it('runs once for a committed set', async ({ expect, run, cli }) => {
    await writeFile(join(cli.home, 'ready'), '');
    for (const _ of [1, 2, 3]) expect(await run(paths(LOADER))).toMatchObject({ exitCode: 0 });
    expect(await timesRun(cli)).toBe(1);
    expect(await readManifest(cli.directory, 'mytracker-raw', '4')).not.toHaveProperty('execDue');

    expect(await run([...paths(LOADER), '--force'])).toMatchObject({ exitCode: 0 });
    expect(await timesRun(cli)).toBe(2);
  });

  it('does not run for a set that was committed without it', async ({ expect, run, cli }) => {
    expect(await run(['watch', TARGET])).toMatchObject({ exitCode: 0 });
    expect(await run(paths(LOADER))).toMatchObject({ exitCode: 0 });
    expect(await timesRun(cli)).toBe(0);
  });

  it('that fails ends the run with 70, and runs again with the next one, which asks for nothing', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    const failed = await run(paths(LOADER));
    expect(failed.exitCode).toBe(70);
    expect(failed.stderr).toContain('--exec sh failed (exit code 42); the files are complete');
    expect(await cli.files()).toHaveLength(3);
    const asked = sandbox.requests.length;

    // Who does not want the command this time does not lose it.
    expect(await run(['watch', TARGET])).toMatchObject({ exitCode: 0 });
    expect(await run(paths(LOADER))).toMatchObject({ exitCode: 70 });
    await writeFile(join(cli.home, 'ready'), '');
    expect(await run(paths(LOADER))).toMatchObject({ exitCode: 0 });
    expect(await run(paths(LOADER))).toMatchObject({ exitCode: 0 });
    expect(await timesRun(cli)).toBe(3);
    expect(sandbox.requests).toHaveLength(asked);
  });

  it('that is interrupted runs again with the next run', async ({ expect, run, cli, sandbox }) => {
    const slow = `sh -c 'echo ran >>"$HOME/ran"; test -e "$HOME/ready" || exec sleep 10'`;
    const running = cli.start(paths(slow), { env: sandboxEnv(sandbox) });
    await running.stdoutMatching(/\n.*\n/);
    while ((await timesRun(cli)) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill('SIGTERM');
    expect(await running.result).toMatchObject({ exitCode: 143 });

    await writeFile(join(cli.home, 'ready'), '');
    expect(await run(paths(slow))).toMatchObject({ exitCode: 0 });
    expect(await timesRun(cli)).toBe(2);
  });

  it.for([
    [`sh -c 'exit 3'`, 3, 'exit code 3'],
    ['no-such-program --x', 127, 'command not found'],
    ['/etc/passwd', 126, 'not executable'],
    [`sh -c 'kill -KILL $$'`, 137, 'SIGKILL'],
  ] as const)('has its own exit code in the summary: %s, %i', async ([line, code, how], { expect, run }) => {
    const result = await run([...paths(line), '--json']);
    expect(result.exitCode).toBe(70);
    expect(result.stderr).toContain(`(${how})`);
    expect(ofType(eventsOf(result), 'summary')).toMatchObject([
      { exitCode: 70, execExitCode: code, files: 2 },
    ]);
  });

  it('has 0 there when it ended well, and nothing when there was none', async ({ expect, run }) => {
    const [ran] = ofType(eventsOf(await run([...paths('true'), '--json'])), 'summary');
    expect(ran).toMatchObject({ exitCode: 0, execExitCode: 0 });
    const [none] = ofType(eventsOf(await run([...paths('true'), '--json'])), 'summary');
    expect(none).not.toHaveProperty('execExitCode');
  });
});
