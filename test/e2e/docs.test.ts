import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { execa } from 'execa';
import { describe } from 'vitest';
import { parse, stringify } from 'yaml';

import { splitWords } from '../../src/config/words.ts';
import { ExitCode } from '../../src/errors.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts';
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

/** The configuration that the document shows, for the stand-ins. */
async function writeConfig(path: string, { accounts }: Sandbox, cli: Cli): Promise<void> {
  const [text = ''] = await blocksOf('docs/cron.md', 'yaml');
  const { providers, exports } = parse(text) as {
    providers: Record<'mytracker-raw' | 'webadmit', Record<string, unknown>>;
    exports: unknown;
  };
  const [raw, webadmit] = [accounts['mytracker-raw'].variables, accounts.webadmit.variables];
  const secrets = { mytracker: raw['secretKey'], webadmit: webadmit['apiKey'] };
  await mkdir(join(cli.home, '.secrets'), { recursive: true });
  for (const [name, secret] of Object.entries(secrets))
    await writeFile(join(cli.home, '.secrets', name), `${secret}\n`, { mode: 0o600 });
  const { baseUrl, userId } = raw;
  const config = {
    interval: '100ms',
    maxInterval: '200ms',
    providers: {
      'mytracker-raw': { ...providers['mytracker-raw'], baseUrl, userId },
      webadmit: { ...providers.webadmit, baseUrl: webadmit['baseUrl'] },
    },
    exports,
  };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, stringify(config), { mode: 0o600 });
}

/** The files of an export of `installs`, under the names that the configuration of the document gives them. */
function installsOf({ started }: Sandbox, index: number, directory: string): string[] {
  const { id = '', files = [] } = started[index] ?? {};
  return files.map((_, at) => join(directory, `installs-${id}-${at + 1}.csv`));
}

/** The lines of a text, in an order that does not depend on which file came first. */
function sortedLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}

/** Stand-ins whose exports are done when they are told to be. */
async function serveHeld(
  serve: (options: SandboxOptions) => Promise<Sandbox>,
): Promise<{ sandbox: Sandbox; finish: () => void }> {
  const durationMs = 600_000;
  let ahead = 0;
  const sandbox = await serve({ durationMs, now: () => Date.now() + ahead });
  return { sandbox, finish: () => (ahead = durationMs) };
}

describe.concurrent('README.md', () => {
  it('has lines for the sandbox that work in the shell in which the lines before them were run', async ({
    expect,
    cli,
    bare,
  }) => {
    const blocks = await blocksOf('README.md', 'sh');
    const credentials = blocks.join('').match(/^export .*$/gm) ?? [];
    expect(credentials.join('\n')).toContain('EXPORTPOLL_WEBADMIT_API_KEY=');
    const block = blocks.find((text) => text.startsWith('exportpoll sandbox ')) ?? '';
    expect(block).toContain('--port 8080 ');
    // Any port that is free, and exports that are ready at once.
    const lines = block.replace('--port 8080', '--rows 50 --duration 300ms');
    const script = [...credentials, "trap 'kill $!' EXIT", lines].join('\n');
    const ended = await bare(['sh', '-ec', script], {}, cli.directory);
    expect(ended, ended.stderr).toMatchObject({ exitCode: 0 });
    for (const path of sortedLines(ended.stdout)) expect(dirname(path)).toBe(cli.directory);
    expect(sortedLines(ended.stdout)).not.toEqual([]);
  });
});

describe.concurrent('docs/cron.md', () => {
  const jobs = async (): Promise<CronJob[]> =>
    (await blocksOf('docs/cron.md', 'crontab')).flatMap(readCrontab);
  const configOf = ({ home }: Cli): string => join(home, '.config/exportpoll/config.yaml');

  it('has a crontab line that needs nothing but PATH and HOME, prints nothing but paths, and tells by its exit code whether to run again', async ({
    expect,
    cli,
    serve,
    bare,
  }) => {
    const { sandbox, finish } = await serveHeld(serve);
    const [job] = await jobs();
    const command = job?.command ?? '';
    expect(command).toMatch(/^exportpoll start installs --watch -q /);
    expect(Object.keys(job?.env ?? {})).toEqual(['PATH']);
    const run = async (line = command): Promise<Ended> => await bare(['sh', '-c', line]);
    const because = (exitCode: number, why: RegExp): object => ({
      exitCode,
      stdout: '',
      stderr: expect.stringMatching(why),
    });

    // Not before it is configured, as it should be.
    expect(await run()).toEqual(because(2, /no export and no provider is called "installs"/));
    await writeConfig(configOf(cli), sandbox, cli);
    const secret = join(cli.home, '.secrets/mytracker');
    const right = await readFile(secret);
    await writeFile(secret, 'wrong');
    expect(await run()).toEqual(because(77, /answered 403/));
    await writeFile(secret, right);
    expect(sandbox.started).toEqual([]);

    // Again, as long as it works: it is the same export.
    const brief = command.replace('55m', '1s');
    expect(await run(brief)).toEqual(because(8, /still/));
    expect(await run(brief)).toEqual(because(8, /still/));
    expect(sandbox.started).toHaveLength(1);
    finish();
    const done = await run();
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sortedLines(done.stdout)).toEqual(installsOf(sandbox, 0, join(cli.home, 'exports')));
    expect(sandbox.started).toHaveLength(1);
  });

  it('has a crontab line that starts nothing more on a day whose export is here, and asks nobody', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    await writeConfig(configOf(cli), sandbox, cli);
    const [job] = await jobs();
    const run = async (): Promise<Ended> => await bare(['sh', '-c', job?.command ?? '']);
    const done = await run();
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    const asked = sandbox.requests.length;
    const again = await run();
    expect(again).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sortedLines(again.stdout)).toEqual(sortedLines(done.stdout));
    expect(sandbox.requests).toHaveLength(asked);
  });

  it('has a crontab line of which two at the same time are one that works, and one that ends with 75 without a request', async ({
    expect,
    cli,
    serve,
    bare,
    path,
  }) => {
    const { sandbox, finish } = await serveHeld(serve);
    await writeConfig(configOf(cli), sandbox, cli);
    const [job] = await jobs();
    const argv = ['sh', '-c', job?.command ?? ''] as const;
    const env = { PATH: path, HOME: cli.home };
    // As cron does: in a group of its own.
    const first = execa(argv[0], argv.slice(1), {
      cwd: cli.home,
      env,
      extendEnv: false,
      reject: false,
      detached: true,
      timeout: 25_000,
    });
    const signal = (name: NodeJS.Signals): boolean => process.kill(-(first.pid ?? 0), name);
    try {
      await expect.poll(() => sandbox.requests.length, { timeout: 10_000 }).toBeGreaterThan(1);
      // Whatever is asked while the first one stands still is asked by the second one.
      signal('SIGSTOP');
      await settled(() => sandbox.requests.length);
      const asked = sandbox.requests.length;
      const second = await bare(argv);
      expect(second).toEqual({ exitCode: 75, stdout: '', stderr: expect.stringContaining('another run') });
      expect(sandbox.requests).toHaveLength(asked);
    } finally {
      signal('SIGCONT');
    }
    finish();
    const { exitCode, stdout, stderr } = await first;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(sortedLines(stdout)).toEqual(installsOf(sandbox, 0, join(cli.home, 'exports')));
    expect(sandbox.started).toHaveLength(1);
  });

  it('has a line for an export that was started elsewhere', async ({ expect, cli, sandbox, bare }) => {
    const job = (await jobs()).find(({ command }) => command.startsWith('exportpoll watch '));
    await writeConfig(configOf(cli), sandbox, cli);
    const stdout = join(cli.home, 'exports/Test-API-Export.csv');
    const ended = await bare(['sh', '-c', job?.command ?? '']);
    expect(ended).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  it('has lines that print nothing unless they fail', async ({ expect, cli, sandbox, bare }) => {
    const others = (await jobs()).filter(({ command }) => command.includes('>>'));
    expect(others).toHaveLength(3);
    await writeConfig(configOf(cli), sandbox, cli);
    const load = join(cli.home, 'bin/load');
    await writeFile(load, '#!/bin/sh\nprintf "%s\\n" "$@" >>"$HOME/loaded"\n', { mode: 0o755 });
    const check = await startScriptedServer();
    check.fault = () => ({ status: 200 });
    try {
      for (const { command, env } of others) {
        const ping = (env['EXPORTPOLL_PING'] ?? '').replace('https://hc-ping.com', check.origin);
        // A machine of its own for each of them.
        const ended = await bare(
          ['sh', '-c', `rm -rf exports .local; ${command}`],
          ping === '' ? {} : { EXPORTPOLL_PING: ping },
        );
        expect(ended).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      }
    } finally {
      await check.close();
    }
    const saved = [0, 1, 2].map((index) => installsOf(sandbox, index, join(cli.home, 'exports')));
    expect(sortedLines(await readFile(join(cli.home, 'exports.log'), 'utf8'))).toEqual(saved.flat());
    expect(sortedLines(await readFile(join(cli.home, 'loaded'), 'utf8'))).toEqual(saved[1]);
    expect(check.requests.map(({ path }) => path.replace(/.*\//, ''))).toEqual([
      'start',
      expect.stringMatching(/-/),
    ]);
  });

  it('has a command after the files that runs again where it failed, and downloads nothing for that', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    const job = (await jobs()).find(({ command }) => command.includes('--exec'));
    await writeConfig(configOf(cli), sandbox, cli);
    await bare(['true']);
    const load = join(cli.home, 'bin/load');
    await writeFile(load, '#!/bin/sh\nexit 3\n', { mode: 0o755 });
    expect(await bare(['sh', '-c', job?.command ?? ''])).toMatchObject({ exitCode: 70, stdout: '' });
    const asked = sandbox.requests.length;
    await writeFile(load, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    const again = await bare(['sh', '-c', job?.command ?? '']);
    expect(again).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(sandbox.requests).toHaveLength(asked);
  });

  it('keeps the files of every night, and is right about those that do not', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    await writeConfig(configOf(cli), sandbox, cli);
    const night = async (date: string, more = ''): Promise<Ended> =>
      await bare(['sh', '-c', `exportpoll start installs --watch -q --param dateFrom=${date} ${more}`]);
    for (const date of ['2024-05-05', '2024-05-06']) expect(await night(date)).toMatchObject({ exitCode: 0 });
    const both = [0, 1].flatMap((index) => installsOf(sandbox, index, join(cli.home, 'exports')));
    const kept = await bare(['exportpoll', 'verify', 'exports']);
    expect(kept).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sortedLines(kept.stdout)).toEqual(both);

    for (const date of ['2024-05-07', '2024-05-08'])
      expect(await night(date, '--name installs-{index}.csv -o same')).toMatchObject({ exitCode: 0 });
    const [, , older, newer] = sandbox.started.map(({ id }) => id);
    const replaced = await bare(['exportpoll', 'verify', 'same']);
    const last = ['installs-1.csv', 'installs-2.csv'].map((name) => join(cli.home, 'same', name));
    expect([replaced.exitCode, ...sortedLines(replaced.stdout)]).toEqual([0, ...last]);
    expect(replaced.stderr).toMatch(
      new RegExp(`^mytracker-raw ${older}: warning: .* were replaced by mytracker-raw:${newer} \\(`),
    );
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
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sortedLines(ended.stdout)).toEqual(installsOf(sandbox, 0, directory));

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

/** Resolves when `count` has stayed the same for a while. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count();) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: { readonly path?: string; readonly key?: string };
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly before_script?: readonly string[];
  readonly script: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly retry?: { readonly exit_codes: readonly number[] };
  readonly cache?: { readonly paths: readonly string[]; readonly when: string };
}

/** The commit, with the `.exportpollrc` of the document, that a job has checked out. */
async function checkOut(cli: Cli): Promise<void> {
  const [text = ''] = await blocksOf('docs/ci.md', 'yaml');
  await writeFile(join(cli.home, '.exportpollrc'), text);
}

/** Loses everything that a fresh runner does not have: all but the commit, the programs, and what the cache keeps. */
async function nextRunner(cli: Cli, cached: readonly string[]): Promise<void> {
  const kept = new Set(['bin', '.exportpollrc', ...cached].map((path) => join(cli.home, path)));
  const entries = await readdir(cli.home, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const isKept = [...kept].some((one) => `${path}/`.startsWith(`${one}/`));
    if (!isKept && !entry.isDirectory()) await rm(path, { force: true });
  }
}

/** What the environment of a job has besides what the document gives it: the stand-ins in the place of the service. */
function standIns({ accounts }: Sandbox): Record<string, string> {
  return {
    CI: 'true',
    EXPORTPOLL_MYTRACKER_RAW_BASE_URL: accounts['mytracker-raw'].variables['baseUrl'] ?? '',
    EXPORTPOLL_INTERVAL: '100ms',
    EXPORTPOLL_MAX_INTERVAL: '200ms',
  };
}

describe.concurrent('docs/ci.md', () => {
  it('installs exportpoll from a clone with the commands of the README, before it is used', async ({
    expect,
    cli,
    path,
    bare,
  }) => {
    const [, github = '', , , gitlab = ''] = await blocksOf('docs/ci.md', 'yaml');
    const { steps } = (parse(github) as { jobs: { exports: { steps: Step[] } } }).jobs.exports;
    const installing = steps.find(({ run }) => run !== undefined);
    expect(installing?.name).toBe('install exportpoll');
    const { before_script: before = [] } = (parse(gitlab) as { exports: Job }).exports;

    // A repository in the place of the one whose address the reader knows, and an npm that notes what it is to do.
    const origin = join(cli.home, 'origin');
    const git = async (...args: string[]): Promise<unknown> =>
      await execa('git', args, { env: { PATH: path, HOME: cli.home }, extendEnv: false });
    await git('init', '-q', origin);
    const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
    await git('-C', origin, ...author, 'commit', '-q', '--allow-empty', '-m', 'a');
    await git('config', '--global', `url.file://${origin}.insteadOf`, 'https://git.example/exportpoll.git');
    await writeFile(join(cli.home, 'bin/npm'), '#!/bin/sh\necho "$PWD: npm $*"\n', { mode: 0o755 });

    const inClone = (clone: string): string[] => [`${clone}: npm ci`, `${clone}: npm install --global .`];
    const temporary = join(cli.home, 'temporary');
    const run = installing?.run ?? '';
    const onGithub = await bare(['bash', '-e', '-c', run], { RUNNER_TEMP: temporary });
    expect(onGithub.exitCode, onGithub.stderr).toBe(0);
    expect(onGithub.stdout.split('\n')).toEqual(inClone(join(temporary, 'exportpoll')));
    // GitLab runs what follows in the same shell, which has to be in the project still.
    const onGitlab = await bare(['bash', '-eo', 'pipefail', '-c', [...before, 'pwd'].join('\n')]);
    expect(onGitlab.exitCode, onGitlab.stderr).toBe(0);
    expect(onGitlab.stdout.split('\n')).toEqual([...inClone(join(cli.home, 'exportpoll')), cli.home]);

    const readme = (await blocksOf('README.md', 'sh')).join('');
    for (const command of ['npm ci', 'npm install --global .'])
      expect(readme).toMatch(new RegExp(`^${command}( |$)`, 'm'));
  });

  it('has steps of GitHub Actions that work, also when the job is run again', async ({
    expect,
    cli,
    serve,
    bare,
  }) => {
    const { sandbox, finish } = await serveHeld(serve);
    const [, text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const { steps } = (parse(text) as { jobs: { exports: { steps: Step[] } } }).jobs.exports;
    const [restored, kept] = steps.filter(({ uses }) => uses?.startsWith('actions/cache/') === true);
    // The two halves of the cache mean the same files only if they list the same.
    expect(kept?.with).toEqual({ path: restored?.with?.path, key: restored?.with?.key });
    expect(kept?.if).toBe('always()');
    const cached = (kept?.with?.path ?? '').trim().replaceAll('~/', '').split('\n');

    await checkOut(cli);
    const outputs = new Map<string, string>();
    const [, exporting, using] = steps.filter((step) => step.run !== undefined);
    const run = async (step: Step | undefined): Promise<Ended> =>
      await runStep(step ?? {}, { cli, sandbox, bare, outputs });
    const brief = { ...exporting, run: exporting?.run?.replace('3h', '1s') ?? '' };
    expect(await run(brief)).toMatchObject({ exitCode: 8, stdout: '' });
    await nextRunner(cli, cached);
    finish();
    const ended = await run(exporting);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sandbox.started).toHaveLength(1);
    expect(ended.stdout.split('\n')).toHaveLength(sandbox.started[0]?.files.length ?? 0);
    expect(outputs.get('steps.export.outputs.paths')).toBe(ended.stdout);
    const sizes = await run(using);
    expect(sizes.stdout.replace(/^\d+ /gm, '')).toBe(ended.stdout);
  });

  it.for([
    ['goes on until it is done', {}, 0, []],
    [
      'gives up in the end',
      { EXPORTPOLL_MYTRACKER_RAW_BASE_URL: 'http://127.0.0.1:9' },
      75,
      ['60', '300', '900', '0'],
    ],
    [
      'gives up at once where another try would not help',
      { EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'x'.repeat(32) },
      77,
      [],
    ],
  ] as const)('has a loop that %s', async ([, env, exitCode, pauses], { expect, cli, sandbox, bare }) => {
    const [, , text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const [step] = parse(text) as Step[];
    await checkOut(cli);
    await bare(['true']);
    await writeFile(join(cli.home, 'bin/sleep'), '#!/bin/sh\necho "$1" >>"$HOME/pauses"\n', { mode: 0o755 });
    const outputs = new Map<string, string>();
    const more = { EXPORTPOLL_RETRIES: '0', ...env };
    const ended = await runStep(step ?? {}, { cli, sandbox, bare, outputs, more });
    expect(ended.exitCode, ended.stderr).toBe(exitCode);
    const slept = await readFile(join(cli.home, 'pauses'), 'utf8').catch(() => '');
    expect(slept.split('\n').slice(0, -1)).toEqual(pauses);
    expect(outputs.get('steps.export.outputs.exit_code')).toBe(String(exitCode));
  });

  it('has a line for an export that was started elsewhere, which needs no file', async ({
    expect,
    cli,
    sandbox,
    bare,
  }) => {
    const text = await readFile(new URL('../../docs/ci.md', import.meta.url), 'utf8');
    const [, line = ''] = /`(exportpoll watch [^`]+)`/.exec(text) ?? [];
    const { baseUrl = '', apiKey = '' } = sandbox.accounts.webadmit.variables;
    const env = { EXPORTPOLL_WEBADMIT_BASE_URL: baseUrl, EXPORTPOLL_WEBADMIT_API_KEY: apiKey, CI: 'true' };
    const stdout = join(cli.home, 'exports/Test-API-Export.csv');
    expect(await bare(['sh', '-c', line], env)).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  it('has a step that starts, and one that goes on with it', async ({ expect, cli, sandbox, bare }) => {
    const [, , , text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const [starting, watching] = parse(text) as Step[];
    await checkOut(cli);
    const outputs = new Map<string, string>();
    const started = await runStep(starting ?? {}, { cli, sandbox, bare, outputs });
    const target = `mytracker-raw:${sandbox.started[0]?.id}`;
    expect(started).toEqual({ exitCode: 0, stdout: target, stderr: '' });
    expect(outputs.get('steps.start.outputs.targets')).toBe(target);
    const watched = await runStep(watching ?? {}, { cli, sandbox, bare, outputs });
    expect(watched).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sortedLines(watched.stdout)[0]).toMatch(`${join(cli.home, 'exports')}/`);
    expect(sandbox.started).toHaveLength(1);
  });

  it('has a step that goes on with the export of the night before where that is not finished', async ({
    expect,
    cli,
    serve,
    bare,
  }) => {
    const { sandbox, finish } = await serveHeld(serve);
    const [, , , text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const [starting, watching] = parse(text) as Step[];
    await checkOut(cli);
    const outputs = new Map<string, string>();
    const run = async (step: Step | undefined): Promise<Ended> =>
      await runStep(step ?? {}, { cli, sandbox, bare, outputs });
    expect(await run(starting)).toMatchObject({ exitCode: 0 });
    const target = `mytracker-raw:${sandbox.started[0]?.id}`;
    const config = join(cli.home, '.exportpollrc');
    await writeFile(config, (await readFile(config, 'utf8')).replaceAll('{yesterday}', '{today-2d}'));
    outputs.clear();
    expect(await run(starting)).toMatchObject({ exitCode: 8 });
    expect(outputs.get('steps.start.outputs.targets')).toBe(target);
    // GitHub skips a step after one that failed, unless it has a condition with a status function.
    expect(watching?.if).toBe("always() && steps.start.outputs.targets != ''");
    finish();
    expect(await run(watching)).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await run(starting)).toMatchObject({ exitCode: 0 });
    expect(sandbox.started).toHaveLength(2);
  });

  it('has jobs of GitLab that work, also when they are run again', async ({ expect, cli, serve, bare }) => {
    const { sandbox, finish } = await serveHeld(serve);
    const [, , , , text = ''] = await blocksOf('docs/ci.md', 'yaml');
    const { exports, sizes } = parse(text) as { exports: Job; sizes: Job };
    await checkOut(cli);
    const run = async ({ script, variables = {} }: Job, env: Record<string, string>): Promise<Ended> => {
      const own = Object.entries(variables).map(([name, value]) => [
        name,
        value.replace('$CI_PROJECT_DIR', cli.home),
      ]);
      return await bare(['bash', '-eo', 'pipefail', '-c', script.join('\n')], {
        ...standIns(sandbox),
        GITLAB_CI: 'true',
        ...(Object.fromEntries(own) as Record<string, string>),
        ...env,
      });
    };
    const project = {
      EXPORTPOLL_MYTRACKER_RAW_USER_ID: variablesOf(sandbox)['userId'] ?? '',
      EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: variablesOf(sandbox)['secretKey'] ?? '',
    };
    const brief = { ...exports, script: exports.script.map((line) => line.replace('50m', '1s')) };
    expect(await run(brief, project)).toMatchObject({ exitCode: 8, stdout: '' });
    expect(exports.retry?.exit_codes).toEqual([3, 8, 65, 70, 74, 75]);
    expect(exports.cache?.when).toBe('always');
    await nextRunner(cli, exports.cache?.paths.map((path) => path.replace(/\/$/, '')) ?? []);
    finish();
    const ended = await run(exports, project);
    expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
    expect(sandbox.started).toHaveLength(1);
    const report = await readFile(join(cli.home, 'export.env'), 'utf8');
    const variables = report.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    });
    const sized = await run(sizes, Object.fromEntries(variables));
    expect(sized.stdout.replace(/^\d+ /gm, '')).toBe(ended.stdout);
  });
});

/** Runs a step of GitHub Actions as a runner does, and collects its outputs. */
async function runStep(
  { id = '', run = '', env = {} }: Step,
  { cli, sandbox, bare, outputs, more = {} }: StepWorld,
): Promise<Ended> {
  const filled = Object.entries(env).map(([name, value]) => [name, fillExpressions(value, sandbox, outputs)]);
  const output = join(cli.home, 'output');
  await writeFile(output, '');
  // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax, jobs.<job_id>.steps[*].shell
  const ended = await bare(['bash', '-e', '-c', run], {
    ...standIns(sandbox),
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    ...(Object.fromEntries(filled) as Record<string, string>),
    EXPORTPOLL_MYTRACKER_RAW_USER_ID: variablesOf(sandbox)['userId'] ?? '',
    ...more,
  });
  for (const [, name = '', , value = ''] of (await readFile(output, 'utf8')).matchAll(
    /^(\w+)<<(\S+)\n([^]*?)\n\2$/gm,
  ))
    outputs.set(`steps.${id}.outputs.${name}`, value);
  return ended;
}

interface StepWorld {
  readonly cli: Cli;
  readonly sandbox: Sandbox;
  readonly bare: Fixtures['bare'];
  readonly outputs: Map<string, string>;
  readonly more?: Readonly<Record<string, string>>;
}

function fillExpressions(text: string, sandbox: Sandbox, outputs: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{\{ (.+?) \}\}/g, (_, name: string) =>
    name.startsWith('secrets.') ? (variablesOf(sandbox)['secretKey'] ?? '') : (outputs.get(name) ?? ''),
  );
}

function variablesOf({ accounts }: Sandbox): Readonly<Record<string, string>> {
  return accounts['mytracker-raw'].variables;
}
