import { describe } from 'vitest';
import { it, sandboxEnv } from '../helpers/e2e.ts';
import { eventsOf, ofType } from '../helpers/run-cli.ts';

const REPORT = 'Test-API-Export.csv';

describe.concurrent('a target', () => {
  const forms: readonly (readonly [form: string, args: string[], env?: Record<string, string>])[] = [
    ['an id with --provider', ['--provider', 'webadmit', '86446/74780']],
    ['an id with -p', ['86446/74780', '-p', 'webadmit']],
    ['an id with EXPORTPOLL_PROVIDER', ['86446/74780'], { EXPORTPOLL_PROVIDER: 'webadmit' }],
    ['provider:id', ['webadmit:86446/74780']],
    ['provider:id, whatever the default provider is', ['-p', 'rebilly', 'webadmit:86446/74780']],
  ];
  it.for(forms)('may be %s', async ([, args, env = {}], { expect, run, cli }) => {
    expect(await run(['watch', ...args], { env })).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toContain(REPORT);
  });

  it('may be the name of an entry under exports, with settings of its own', async ({ expect, run, cli }) => {
    await cli.write(
      '.exportpollrc',
      'exports: { applicants: { provider: webadmit, id: 86446/74780, output: data/applicants } }',
    );
    expect(await run(['watch', 'applicants'])).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toContain(`data/applicants/${REPORT}`);
  });

  it('may be a bare id when the configuration names the provider', async ({ expect, run, cli }) => {
    await cli.write('.exportpollrc', 'provider: webadmit');
    expect(await run(['watch', '86446/74780'])).toMatchObject({ exitCode: 0 });
  });

  it('is every entry under exports when there is none on the command line', async ({ expect, run, cli }) => {
    await cli.write(
      '.exportpollrc',
      'exports:\n  a: { provider: webadmit, id: 86446/74780 }\n  b: { provider: rebilly, id: exp_download, output: b }\n',
    );
    expect(await run(['watch'])).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toEqual(expect.arrayContaining([REPORT, 'b/transactions.csv']));
  });

  it('that is named twice is delivered once', async ({ expect, run, cli }) => {
    const result = await run(['watch', 'webadmit:86446/74780', 'webadmit:86446/74780']);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${cli.directory}/${REPORT}\n` });
  });

  it('is needed: without any, and without a configured export, there is nothing to do', async ({
    expect,
    run,
  }) => {
    const { exitCode, stdout, stderr } = await run(['watch']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain('TARGET');
  });

  it('is not needed where all that was started is here already: that is no mistake', async ({
    expect,
    run,
    cli,
  }) => {
    await cli.write(
      '.exportpollrc',
      'exports:\n  all: { provider: rebilly, start: { name: all, resource: customers, format: csv } }\n',
    );
    expect(await run(['watch', '-q'])).toMatchObject({ exitCode: 2 });
    expect(await run(['start', 'all', '--watch', '-q'])).toMatchObject({ exitCode: 0 });
    expect(await run(['watch', '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('whose configuration was not found says where that was looked for', async ({ expect, cli }) => {
    for (const args of [
      ['watch', 'all'],
      ['start', 'all'],
    ]) {
      const { exitCode, stderr } = await cli.run(args, { env: { HOME: '/nonexistent' } });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/no configuration file was found; looked for .*exportpollrc/);
    }
  });

  it('that fails does not keep the others from being delivered', async ({ expect, run, cli }) => {
    const result = await run(['watch', 'webadmit:86446/74785', 'webadmit:86446/74780', 'rebilly:exp_404']);
    // Gone goes before failed.
    expect(result.exitCode).toBe(11);
    expect(result.stdout).toBe(`${cli.directory}/${REPORT}\n`);
    expect(result.stderr).toContain('webadmit:86446/74785');
    expect(result.stderr).toContain('rebilly:exp_404');
  });
});

describe.concurrent('the status words of WebAdMIT', () => {
  it.for(['86446/74780', '86446/74781'])(
    'mean the same in both spellings (%s)',
    async (id, { expect, cli, serve }) => {
      // Half a second for each of the four words.
      const sandbox = await serve({ durationMs: 1500 });
      const result = await cli.run(['watch', '--json', `webadmit:${id}`], { env: sandboxEnv(sandbox) });
      const states = ofType(eventsOf(result), 'export.status').map(({ state }) => state);
      expect(new Set(states)).toEqual(new Set(['queued', 'running', 'ready']));
      expect(states.at(-1)).toBe('ready');
    },
  );
});
