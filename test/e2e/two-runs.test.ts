import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, onTestFinished, vi } from 'vitest';
import { it, sandboxEnv } from '../helpers/e2e.ts';
import { startFileService } from '../helpers/file-service.ts';

/** What another machine writes into a lock. */
const OTHERS = JSON.stringify({ host: 'another-machine', pid: 1, started: 'then' });
/** Runs before the program: what is done every ten seconds is done at once. */
const HASTY = `const real = setInterval; globalThis.setInterval = (call, ms) => real(call, ms === 10_000 ? 20 : ms)`;
const hasty = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HASTY)}` };

describe('two runs of one export at the same time', () => {
  it('are one that works, and one that ends with 75 without a request', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    const never = ['webadmit:86446/74786', '--interval', '100ms'];
    const first = cli.start(['watch', '--json', ...never], { env: sandboxEnv(sandbox) });
    await first.stdoutMatching(/export\.status/);
    const second = await run(['watch', '--json', ...never]);
    expect(second.exitCode).toBe(75);
    expect(second.stderr).toContain('another run');
    expect(second.stdout).not.toContain('export.status');
    first.kill('SIGINT');
    expect((await first.result).exitCode).toBe(130);
    expect(await cli.files()).toEqual([]);
  });
});

describe('a run whose lock another one has taken over', () => {
  /** Puts another run's lock in the place of ours; resolves with its path. */
  const takeOver = async (directory: string, files: readonly string[]): Promise<string> => {
    const path = join(directory, files.find((name) => name.endsWith('.lock')) ?? 'no lock');
    await rm(path);
    await writeFile(path, OTHERS);
    return path;
  };

  it('ends with 75 while it downloads, and leaves the lock alone', async ({ expect, cli }) => {
    const pace = { bytes: 64 * 1024, everyMs: 100 };
    const service = await startFileService({ a: randomBytes(8 * 1024 * 1024), b: Buffer.from('b') }, pace);
    onTestFinished(service.close);
    const config = await cli.write('exportpoll.yaml', service.config);
    const running = cli.start(['download', service.target, '--config', config], { env: hasty });
    await vi.waitFor(async () => expect(await cli.files()).toContainEqual(expect.stringMatching(/^b$/)));
    const lock = await takeOver(cli.directory, await cli.files());
    const { exitCode, stderr } = await running.result;
    expect(exitCode).toBe(75);
    expect(stderr.match(/is no longer this run's/g)).toHaveLength(1);
    expect(await readFile(lock, 'utf8')).toBe(OTHERS);
  });

  it('ends with 75 while it waits', async ({ expect, cli, sandbox }) => {
    const env = { ...sandboxEnv(sandbox), ...hasty };
    const running = cli.start(['watch', 'webadmit:86446/74786', '--interval', '10m'], { env });
    await vi.waitFor(() => expect(sandbox.requests).toHaveLength(1));
    const lock = await takeOver(cli.directory, await cli.files());
    expect(await running.result).toMatchObject({ exitCode: 75 });
    expect(await cli.files()).toEqual([lock.slice(cli.directory.length + 1)]);
  });
});
