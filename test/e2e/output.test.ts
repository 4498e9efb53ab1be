import { describe } from 'vitest';
import { it } from '../helpers/e2e.ts';

describe.concurrent('what is printed', () => {
  it('to stdout is the path of each saved file, one a line, and nothing else', async ({
    expect,
    run,
    cli,
  }) => {
    const { stdout, stderr } = await run(['watch', 'mytracker-raw:4']);
    const paths = stdout.split('\n').slice(0, -1).sort();
    const saved = (await cli.files()).filter((name) => name.endsWith('.csv'));
    expect(paths).toEqual(saved.map((name) => `${cli.directory}/${name}`));
    expect(stderr).toContain('2 files saved');
  });

  it('to stderr is nothing with -q when all goes well', async ({ expect, run }) => {
    expect(await run(['watch', '-q', 'webadmit:86446/74780'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('to stderr is still the error with -q when something fails', async ({ expect, run }) => {
    const { exitCode, stderr } = await run(['watch', '-q', 'webadmit:86446/74785']);
    expect(exitCode).toBe(10);
    expect(stderr).toMatch(/^exportpoll: .*failed/);
  });

  it('to stderr is a line for each request with -v, without query and without secrets', async ({
    expect,
    run,
    sandbox,
  }) => {
    const { stderr } = await run(['watch', '-v', 'webadmit:86446/74780', 'mytracker-raw:4']);
    expect(stderr).toContain(`GET ${sandbox.apiUrl}/api/v1/exports/86446/export_files/74780 -> 200`);
    const lines = stderr.split('\n').filter((line) => / -> \d{3}/.test(line));
    expect(lines).toHaveLength(sandbox.requests.length);
    expect(stderr).not.toMatch(/Signature|AuthHMAC|https?:\S*\?/);
  });

  it('is free of control characters where there is no terminal', async ({ expect, run }) => {
    const { stdout, stderr } = await run(['watch', 'mytracker-raw:4']);
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
  });
});

describe.concurrent('the program without work', () => {
  it.for(['--help', '-h'])('explains itself with %s', async (flag, { expect, cli }) => {
    const { exitCode, stdout, stderr } = await cli.run([flag]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    for (const word of ['watch', 'download', 'status', 'sandbox', 'Exit codes'])
      expect(stdout).toContain(word);
  });

  it('explains a command with --help', async ({ expect, cli }) => {
    const { exitCode, stdout } = await cli.run(['watch', '--help']);
    expect(exitCode).toBe(0);
    for (const flag of ['--output', '--keep-compressed', '--timeout', '--json'])
      expect(stdout).toContain(flag);
  });

  it('tells its version', async ({ expect, cli }) => {
    const { exitCode, stdout } = await cli.run(['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('shows its help as a mistake when it is called with nothing', async ({ expect, cli }) => {
    const { exitCode, stdout, stderr } = await cli.run([]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('Usage: exportpoll');
  });
});
