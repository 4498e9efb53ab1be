import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { execa } from 'execa';
import { describe } from 'vitest';
import { parse } from 'yaml';

import { splitWords } from '../../src/config/words.ts';
import { ExitCode } from '../../src/errors.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { blocksOf, readCrontab, readUnit, type CronJob } from '../helpers/docs.ts';
import { it as base } from '../helpers/e2e.ts';
import { installIn } from '../helpers/installed.ts';
import type { Cli } from '../helpers/run-cli.ts';
import { startScriptedServer } from '../helpers/scripted-server.ts';

interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Fixtures {
  /** A PATH with exportpoll in it. */
  readonly path: string;
  /** Runs a program in the home directory with nothing in its environment but PATH, HOME and `env`. */
  readonly bare: (
    argv: readonly string[],
    env?: Readonly<Record<string, string>>,
    cwd?: string,
  ) => Promise<Ended>;
}

const it = base.extend<Fixtures>({
  path: async ({ cli }, use) => {
    await use(await installIn(cli.home));
  },
  bare: async ({ cli, path }, use) => {
    await use(async ([program = '', ...args], env = {}, cwd = cli.home) => {
      const { exitCode, stdout, stderr } = await execa(program, args, {
        cwd,
        env: { ...env, PATH: path, HOME: cli.home },
        extendEnv: false,
        reject: false,
        timeout: 25_000,
      });
      return { exitCode, stdout, stderr };
    });
  },
});

/** The configuration that a document shows, for the stand-ins. */
async function writeConfig(path: string, { accounts }: Sandbox, cli: Cli): Promise<void> {
  const [text = ''] = await blocksOf('docs/cron.md', 'yaml');
  const { baseUrl = '', apiKey = '' } = accounts.webadmit.variables;
  const secret = join(cli.home, '.secrets', 'webadmit');
  await mkdir(dirname(secret), { recursive: true });
  await writeFile(secret, `${apiKey}\n`, { mode: 0o600 });
  await mkdir(dirname(path), { recursive: true });
  const here = text.replace('  webadmit:\n', `  webadmit:\n    baseUrl: ${baseUrl}\n`);
  await writeFile(path, `interval: 100ms\nmaxInterval: 200ms\n${here}`, { mode: 0o600 });
}

describe.concurrent('docs/cron.md', () => {
  const jobs = async (): Promise<CronJob[]> =>
    (await blocksOf('docs/cron.md', 'crontab')).flatMap(readCrontab);

  it('has a crontab line that needs nothing but PATH and HOME, and tells by its exit code whether to run again', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    const [job] = await jobs();
    const run = async (): Promise<Ended> => await bare(['sh', '-c', job?.command ?? '']);
    expect(Object.keys(job?.env ?? {})).toEqual(['PATH']);
    // Not configured yet: run again once it is.
    expect(await run()).toMatchObject({ exitCode: 2, stdout: '' });

    await writeConfig(join(cli.home, '.config/exportpoll/config.yaml'), sandbox, cli);
    const [first, second] = await Promise.all([run(), run()]);
    // They need no lock of the user's: the second one ends with 75, unless the first one is done by then.
    expect([0, 75]).toContain(first.exitCode);
    expect([0, 75]).toContain(second.exitCode);
    const done = first.exitCode === 0 ? first : second;
    expect(done).toEqual({ exitCode: 0, stdout: join(cli.home, 'exports/Test-API-Export.csv'), stderr: '' });
    expect(await run()).toEqual(done);
  });

  it('has lines that print nothing unless they fail', async ({ expect, cli, sandbox, bare }) => {
    const [, ...others] = await jobs();
    expect(others).toHaveLength(3);
    await writeConfig(join(cli.home, '.config/exportpoll/config.yaml'), sandbox, cli);
    const load = join(cli.home, 'bin/load');
    await writeFile(load, '#!/bin/sh\nprintf "%s\\n" "$@" >>"$HOME/loaded"\n', { mode: 0o755 });
    const check = await startScriptedServer();
    check.fault = () => ({ status: 200 });
    try {
      for (const { command, env } of others) {
        const ping = (env['EXPORTPOLL_PING'] ?? '').replace('https://hc-ping.com', check.origin);
        // A set of its own for each of them.
        const ended = await bare(
          ['sh', '-c', `rm -rf exports; ${command}`],
          ping === '' ? {} : { EXPORTPOLL_PING: ping },
        );
        expect(ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      }
    } finally {
      await check.close();
    }
    const saved = `${join(cli.home, 'exports/Test-API-Export.csv')}\n`;
    expect(await readFile(join(cli.home, 'exports.log'), 'utf8')).toBe(saved.repeat(3));
    expect(await readFile(join(cli.home, 'loaded'), 'utf8')).toBe(saved);
    expect(check.requests.map(({ path }) => path.replace(/.*\//, ''))).toEqual([
      'start',
      expect.stringMatching(/-/),
    ]);
  });

  it('has a unit of systemd whose command works, and that is started again where that helps', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    const [service = '', timer = ''] = await blocksOf('docs/cron.md', 'ini');
    const unit = readUnit(service);
    // %S and %d, as systemd.unit(5) has them.
    const fill = (text: string): string =>
      text.replaceAll('%S', join(cli.home, 'lib')).replaceAll('%d', join(cli.home, 'credentials'));
    const [name = ''] = (unit['LoadCredential']?.[0] ?? '').split(':');
    await writeConfig(join(cli.home, 'credentials', name), sandbox, cli);
    const directory = fill(unit['WorkingDirectory']?.[0] ?? '');
    await mkdir(directory, { recursive: true });
    const [program = '', ...args] = splitWords(fill(unit['ExecStart']?.[0] ?? ''));
    expect(program).toBe('/usr/local/bin/exportpoll');
    const env = Object.fromEntries(
      (unit['Environment'] ?? []).map((line) => fill(line).split('=') as [string, string]),
    );
    const ended = await bare(['exportpoll', ...args], env, directory);
    expect(ended).toEqual({ exitCode: 0, stdout: join(directory, 'Test-API-Export.csv'), stderr: '' });

    const never = new Set((unit['RestartPreventExitStatus']?.[0] ?? '').split(' ').map(Number));
    const helps = Object.values(ExitCode).filter((code) => !never.has(code));
    expect(helps).toEqual([0, 3, 8, 65, 70, 74, 75, 130, 143]);
    expect(readUnit(timer)).toHaveProperty('OnCalendar');
  });

  it('has units that systemd accepts', async ({ expect, cli, path }) => {
    try {
      execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    } catch {
      return;
    }
    const [service = '', timer = ''] = await blocksOf('docs/cron.md', 'ini');
    const here = service.replace('/usr/local/bin/exportpoll', join(cli.home, 'bin/exportpoll'));
    await writeFile(join(cli.home, 'exportpoll.service'), here);
    await writeFile(join(cli.home, 'exportpoll.timer'), timer);
    const units = ['exportpoll.service', 'exportpoll.timer'].map((name) => join(cli.home, name));
    const result = await execa('systemd-analyze', ['verify', ...units], {
      env: { PATH: path },
      extendEnv: false,
      reject: false,
      all: true,
    });
    expect(result.all.split('\n').filter((line) => /exportpoll/.test(line))).toEqual([]);
  });

  it('says of every exit code whether to run again', async ({ expect }) => {
    const text = await readFile(new URL('../../docs/cron.md', import.meta.url), 'utf8');
    const table = text.slice(text.lastIndexOf('| ---'));
    const told = [...table.matchAll(/\b\d+\b/g)].map(([code]) => Number(code));
    expect(told.sort((a, b) => a - b)).toEqual(Object.values(ExitCode).sort((a, b) => a - b));
  });
});

interface Step {
  readonly id?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly script: readonly string[];
  readonly retry?: { readonly exit_codes: readonly number[] };
}

/** What the environment of a job has besides what the document gives it: the stand-ins in the place of the service. */
function standIns({ accounts }: Sandbox): Record<string, string> {
  return {
    CI: 'true',
    EXPORTPOLL_WEBADMIT_BASE_URL: accounts.webadmit.variables['baseUrl'] ?? '',
    EXPORTPOLL_INTERVAL: '100ms',
    EXPORTPOLL_MAX_INTERVAL: '200ms',
  };
}

describe.concurrent('docs/ci.md', () => {
  it('has steps of GitHub Actions that work', async ({ expect, cli, sandbox, bare }) => {
    const [text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const { jobs } = parse(text) as { jobs: { exports: { steps: Step[] } } };
    const outputs = new Map<string, string>();
    const output = join(cli.home, 'output');
    const run = async ({ run = '', env = {} }: Step): Promise<Ended> => {
      const filled = Object.entries(env).map(([name, value]) => [
        name,
        fillExpressions(value, sandbox, outputs),
      ]);
      const github = { GITHUB_ACTIONS: 'true', GITHUB_OUTPUT: output };
      // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, jobs.<job_id>.steps[*].shell
      return await bare(['bash', '-e', '-c', run], {
        ...standIns(sandbox),
        ...github,
        ...Object.fromEntries(filled),
      });
    };
    const [exporting, using] = jobs.exports.steps.filter((step) => step.run !== undefined);
    const path = join(cli.home, 'exports/Test-API-Export.csv');
    expect(await run(exporting ?? {})).toEqual({ exitCode: 0, stdout: path, stderr: '' });
    const [, , paths = ''] = /^paths<<(\S+)\n([^]*?)\n\1$/m.exec(await readFile(output, 'utf8')) ?? [];
    outputs.set('steps.export.outputs.paths', paths);
    expect((await run(using ?? {})).stdout).toMatch(new RegExp(`^\\d+ ${path}$`));
  });

  it.for([
    ['goes on until it is done', {}, 0, []],
    [
      'gives up in the end',
      { EXPORTPOLL_WEBADMIT_BASE_URL: 'http://127.0.0.1:9' },
      75,
      ['60', '300', '900', '0'],
    ],
    [
      'gives up at once where another try would not help',
      { EXPORTPOLL_WEBADMIT_API_KEY: 'x'.repeat(32) },
      77,
      [],
    ],
  ] as const)('has a loop that %s', async ([, env, exitCode, pauses], { expect, cli, sandbox, bare }) => {
    const [, text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const [step] = parse(text) as Step[];
    await bare(['true']);
    await writeFile(join(cli.home, 'bin/sleep'), '#!/bin/sh\necho "$1" >>"$HOME/pauses"\n', { mode: 0o755 });
    const output = join(cli.home, 'output');
    const ended = await bare(['bash', '-e', '-c', step?.run ?? ''], {
      ...standIns(sandbox),
      EXPORTPOLL_WEBADMIT_API_KEY: apiKeyOf(sandbox),
      EXPORTPOLL_RETRIES: '0',
      GITHUB_OUTPUT: output,
      ...env,
    });
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    const slept = await readFile(join(cli.home, 'pauses'), 'utf8').catch(() => '');
    expect(slept.split('\n').slice(0, -1)).toEqual(pauses);
    expect(await readFile(output, 'utf8')).toMatch(
      new RegExp(`exit_code<<(\\S+)\\n${exitCode}\\n\\1\\n[^]*$`),
    );
  });

  it('has jobs of GitLab that work', async ({ expect, cli, sandbox, bare }) => {
    const [, , text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const { exports, sizes } = parse(text) as { exports: Job; sizes: Job };
    const key = { EXPORTPOLL_WEBADMIT_API_KEY: apiKeyOf(sandbox) };
    const run = async ({ script }: Job, env: Record<string, string>): Promise<Ended> =>
      await bare(['bash', '-eo', 'pipefail', '-c', script.join('\n')], {
        ...standIns(sandbox),
        GITLAB_CI: 'true',
        ...env,
      });
    const path = join(cli.home, 'exports/Test-API-Export.csv');
    expect(await run(exports, key)).toEqual({ exitCode: 0, stdout: path, stderr: '' });
    const report = await readFile(join(cli.home, 'export.env'), 'utf8');
    const variables = report.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
    expect((await run(sizes, Object.fromEntries(variables))).stdout).toMatch(new RegExp(`^\\d+ ${path}$`));
    expect(exports.retry?.exit_codes).toEqual([3, 8, 65, 70, 74, 75]);
  });
});

function fillExpressions(text: string, sandbox: Sandbox, outputs: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, name: string) =>
    name.startsWith('secrets.') ? apiKeyOf(sandbox) : (outputs.get(name) ?? ''),
  );
}

function apiKeyOf({ accounts }: Sandbox): string {
  return accounts.webadmit.variables['apiKey'] ?? '';
}
