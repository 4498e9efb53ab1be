import { describe } from 'vitest';
import { it, sandboxEnv } from '../helpers/e2e.ts';

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
