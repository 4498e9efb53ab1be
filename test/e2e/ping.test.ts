import { describe } from 'vitest';

import { it as base, sandboxEnv } from '../helpers/e2e.ts';
import { eventsOf, type CliResult } from '../helpers/run-cli.ts';
import { startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';

const SECRET = '5ad0b2d7-4e0c-4f47-b5a2-5f5b6c1f0a11';
const READY = 'webadmit:86446/74780';
const FAILED = 'webadmit:86446/74785';

interface Fixtures {
  /** Takes every ping. */
  readonly check: ScriptedServer;
  /** Runs the program with the address of the check in its environment; nothing it prints may have the secret in it. */
  readonly pinging: (args: readonly string[], env?: Record<string, string>) => Promise<CliResult>;
}

const it = base.extend<Fixtures>({
  check: async ({ onTestFinished }, use) => {
    const check = await startScriptedServer();
    check.fault = () => ({ status: 200, body: 'OK' });
    onTestFinished(async () => await check.close());
    await use(check);
  },
  pinging: async ({ run, check }, use) => {
    await use(async (args, env) => {
      const result = await run(args, { env: { EXPORTPOLL_PING: `${check.origin}/${SECRET}`, ...env } });
      const said = result.stdout + result.stderr;
      if (said.includes(SECRET)) throw new Error(`the secret of the check was printed:\n${said}`);
      return result;
    });
  },
});

const heard = ({ requests }: ScriptedServer): string[] => requests.map(({ path }) => path.slice(1));

describe.concurrent('--ping', () => {
  it('tells that a run starts, and that it went well', async ({ expect, run, check }) => {
    const { exitCode, stderr } = await run(['watch', '-q', READY, '--ping', `${check.origin}/${SECRET}`]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(heard(check)).toEqual([`${SECRET}/start`, SECRET]);
  });

  it.for([
    ['an export that failed', ['watch', FAILED], 10],
    ['a command that failed', ['watch', READY, '--exec', 'false'], 70],
    ['an export that is not ready yet', ['download', 'webadmit:86446/74786'], 8],
    ['a target that does not exist', ['watch', 'nobody:1'], 2],
  ] as const)('tells the exit code of %s', async ([, args, code], { expect, pinging, check }) => {
    expect(await pinging(args)).toMatchObject({ exitCode: code });
    expect(heard(check)).toEqual([`${SECRET}/start`, `${SECRET}/${code}`]);
  });

  it('tells that the configuration is wrong', async ({ expect, pinging, cli, check }) => {
    await cli.write('.exportpollrc', 'outptu: x');
    expect(await pinging(['watch', READY])).toMatchObject({ exitCode: 78 });
    expect(heard(check)).toEqual([`${SECRET}/start`, `${SECRET}/78`]);
  });

  it('tells that the run was interrupted', async ({ expect, cli, sandbox, check }) => {
    const env = { ...sandboxEnv(sandbox), EXPORTPOLL_PING: `${check.origin}/${SECRET}` };
    const running = cli.start(['watch', '--json', 'webadmit:86446/74786'], { env });
    await running.stdoutMatching(/export\.status/);
    running.kill('SIGTERM');
    expect(await running.result).toMatchObject({ exitCode: 143 });
    expect(heard(check)).toEqual([`${SECRET}/start`, `${SECRET}/143`]);
  });

  it('that fails is a warning, and nothing else', async ({ expect, pinging, check }) => {
    check.fault = () => ({ status: 404 });
    const { exitCode, stderr } = await pinging(['watch', READY]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`warning: the ping of ${check.origin}: the answer is 404\n`);
    expect(await pinging(['watch', '-q', READY])).toMatchObject({ exitCode: 0, stderr: '' });

    const events = eventsOf(await pinging(['watch', '--json', READY]));
    expect(events.map(({ type }) => type).slice(-3)).toEqual(['warning', 'warning', 'summary']);
  });

  it('is not sent by who only looks', async ({ expect, pinging, check }) => {
    for (const args of [['status', READY], ['providers'], ['config']]) await pinging(args);
    expect(check.requests).toEqual([]);
  });

  it('is masked wherever it could be shown', async ({ expect, pinging, check }) => {
    const { stdout } = await pinging(['config']);
    expect(stdout).toMatch(/^ping +\*\*\* +\(env EXPORTPOLL_PING\)$/m);
    // `run` fails a test that shows it.
    const env = { OF_THE_CHECK: `${check.origin}/${SECRET}` };
    const { stderr } = await pinging(['watch', READY, '-v', '--exec', 'sh -c env name'], env);
    expect(stderr).toContain('EXPORTPOLL_EXPORT_ID=');
    expect(stderr).not.toContain('OF_THE_CHECK');
  });

  it.for([
    ['http://example.com/', 'plain http'],
    ['hc-ping.com/', 'https URL'],
    ['ftp://127.0.0.1/', 'https URL'],
    ['https://user:word@hc-ping.com/', 'password'],
  ] as const)('refuses %s before anything is asked', async ([url, reason], { expect, run, sandbox }) => {
    const flag = await run(['watch', READY, '--ping', url + SECRET]);
    expect(flag).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(reason) });
    const twin = await run(['watch', READY], { env: { EXPORTPOLL_PING: url + SECRET } });
    expect(twin).toMatchObject({ exitCode: 78, stderr: expect.stringContaining(reason) });
    expect(flag.stderr + twin.stderr).not.toContain(SECRET);
    expect(sandbox.requests).toEqual([]);
  });

  it('is not sent where a file that was found says', async ({ expect, run, cli, check }) => {
    await cli.write('.exportpollrc', `ping: ${check.origin}/${SECRET}`);
    expect(await run(['watch', READY])).toMatchObject({ exitCode: 78 });
    expect(check.requests).toEqual([]);
  });
});
