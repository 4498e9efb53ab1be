import { describe } from 'vitest';
import { it, sandboxEnv } from '../helpers/e2e.ts';

describe.concurrent('status', () => {
  const rows = [
    ['webadmit:86446/74780', 'ready', 0],
    ['webadmit:86446/74783', 'ready-with-errors', 0],
    ['webadmit:86446/74784', 'empty', 0],
    ['webadmit:86446/74786', 'running', 8],
    ['rebilly:exp_scheduled', 'queued', 8],
    ['webadmit:86446/74785', 'failed', 10],
    ['mytracker-raw:24', 'cancelled', 10],
    ['webadmit:86446/74404', 'gone', 11],
    ['webadmit:86446/74787', 'unknown', 76],
  ] as const;
  it.for(rows)(
    'of %s prints %s, exits with %i and saves nothing',
    async ([target, word, code], { expect, cli, serve }) => {
      const sandbox = await serve({ durationMs: 0 });
      const result = await cli.run(['status', target], { env: sandboxEnv(sandbox) });
      expect(result).toMatchObject({ exitCode: code, stdout: `${word}\n` });
      expect(sandbox.requests).toHaveLength(1);
      expect(await cli.files()).toEqual([]);
    },
  );

  it('of several exports says which is which', async ({ expect, cli, serve }) => {
    const sandbox = await serve({ durationMs: 0 });
    const targets = ['webadmit:86446/74780', 'mytracker-raw:25'];
    const { exitCode, stdout } = await cli.run(['status', ...targets], { env: sandboxEnv(sandbox) });
    expect(exitCode).toBe(8);
    expect(stdout.split('\n').sort()).toEqual([
      '',
      'mytracker-raw:25\trunning',
      'webadmit:86446/74780\tready',
    ]);
  });
});

describe.concurrent('download', () => {
  it('of a running export looks once, saves nothing and exits with 8', async ({ expect, cli, serve }) => {
    const sandbox = await serve({ durationMs: 60_000 });
    const result = await cli.run(['download', 'mytracker-raw:4'], { env: sandboxEnv(sandbox) });
    expect(result).toMatchObject({ exitCode: 8, stdout: '' });
    expect(sandbox.requests).toHaveLength(1);
    expect(await cli.files()).toEqual([]);
  });

  it('of an export that is ready saves its files', async ({ expect, cli, serve }) => {
    const sandbox = await serve({ durationMs: 0 });
    const result = await cli.run(['download', 'webadmit:86446/74780'], { env: sandboxEnv(sandbox) });
    expect(result).toMatchObject({ exitCode: 0, stdout: `${cli.directory}/Test-API-Export.csv\n` });
  });
});
