import { describe } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
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

  it('to stderr names the export that an error is about', async ({ expect, run, sandbox }) => {
    const gone = await run(['watch', '-q', 'webadmit:86446/74404']);
    expect(gone.stderr).toMatch(
      `exportpoll: webadmit:86446/74404: the provider does not have this export (any more): GET ${sandbox.apiUrl}/api/v1/`,
    );
    expect(gone.stderr).not.toContain('not found"');
    const unknown = await run(['status', 'webadmit:86446/74787']);
    expect(unknown.stderr).toContain('`exportpoll providers webadmit`');
  });

  it('with -o - tells of a file before its progress, under the name of what is printed', async ({
    expect,
    run,
  }) => {
    const { stderr } = await run(['watch', '-o', '-', 'mytracker-raw:4']);
    const first = stderr.split('\n').find((line) => line.includes('.csv'));
    expect(first).toContain('downloading');
    expect(stderr).not.toContain('.gz');
  });

  it('to stdout cannot be files that a command is to get', async ({ expect, run }) => {
    const { exitCode, stderr } = await run(['watch', '-o', '-', '--exec', 'wc', 'webadmit:86446/74780']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--exec');
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

  it('explains itself in 80 columns, with every exit code', async ({ expect, cli }) => {
    for (const args of [['--help'], ['watch', '--help']]) {
      const { stdout } = await cli.run(args);
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    }
    const { stdout } = await cli.run(['--help']);
    for (const code of Object.values(ExitCode))
      expect(stdout).toMatch(new RegExp(`(^ +|SIG.*)${code}\\b`, 'm'));
  });

  it('explains what values look like, and the twins of flags', async ({ expect, cli }) => {
    const { stdout } = await cli.run(['watch', '--help']);
    for (const word of ['1h30m', '2GiB', 'EXPORTPOLL_<FLAG>', 'Examples:']) expect(stdout).toContain(word);
    expect(stdout).not.toMatch(/no-color.*choices/);
  });

  it.for([['start'], ['providers', 'check']])(
    'shows no empty list as the default of a flag of %j',
    async (command, { expect, cli }) => {
      const { exitCode, stdout } = await cli.run([...command, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('--');
      expect(stdout.replace(/\s+/g, ' ')).not.toContain('default: []');
    },
  );

  it.for([
    ['watch', '--json', 'NDJSON events on stdout'],
    ['list', '--json', 'print a JSON array'],
    ['providers', '--json', 'print JSON'],
    ['config', '--json', 'print a JSON object'],
    ['watch', '-v, --verbose', 'tell every request'],
    ['list', '-v, --verbose', 'two more columns: when it was updated, and its file in the ledger'],
    ['verify', '-v, --verbose', 'list every file that a later export has replaced'],
  ] as const)('explains what it does with %s %s', async ([command, flag, words], { expect, cli }) => {
    const { stdout } = await cli.run([command, '--help']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(` ${flag} ${words} -`);
  });

  it('promises nothing of a flag that changes nothing, and accepts it', async ({ expect, cli }) => {
    const { stdout } = await cli.run(['providers', '--help']);
    expect(stdout).not.toMatch(/--quiet|--verbose/);
    expect(await cli.run(['providers', '-qv', 'webadmit'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('says that flags follow the command', async ({ expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['-q', 'watch', 'webadmit:1/2']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('flags follow the command');
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
