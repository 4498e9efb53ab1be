import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';
import { startManyService, type Ask } from '../helpers/many-service.ts';
import { eventsOf, ofType, type Cli, type CliResult, type RunningCli } from '../helpers/run-cli.ts';

const MANY = 100;
/** What `--concurrency` is when nobody sets it. */
const AT_ONCE = 4;

/** Watches the exports; `ask` decides what each is like. */
async function watchMany(cli: Cli, args: readonly string[], ask: Ask): Promise<CliResult> {
  const service = await startManyService(MANY, ask);
  try {
    return await start(cli, await cli.write('many.yaml', service.config), args).result;
  } finally {
    service.close();
  }
}

function start(cli: Cli, config: string, args: readonly string[]): RunningCli {
  const pace = ['--interval', '100ms', '--max-interval', '1s'];
  return cli.start(['watch', '-c', config, '-o', 'out', ...pace, ...args]);
}

async function filesIn(cli: Cli): Promise<string[]> {
  return (await cli.files()).filter((file) => file.startsWith('out/'));
}

describe('many exports in one run', () => {
  it('are downloaded as they become ready, while others are waited for', async ({ expect, cli }) => {
    let files = 0;
    const result = await watchMany(cli, ['--json'], (id, what) => {
      if (what === 'file') files += 1;
      // Every second one is not ready before the files of all others have been asked for.
      return id % 2 === 0 && files < MANY / 2 ? 'running' : 'ready';
    });
    const events = eventsOf(result);
    const firstLate = events.findIndex(
      (event) => event.type === 'export.status' && event.state === 'ready' && Number(event.id) % 2 === 0,
    );
    const before = ofType(events.slice(0, firstLate), 'file.saved').map(({ id }) => Number(id));
    // Whoever asks for the last of these files has a free hand: all but those that are at it are done.
    expect(before.length).toBeGreaterThanOrEqual(MANY / 2 - AT_ONCE);
    expect(before.every((id) => id % 2 === 1)).toBe(true);
    expect(ofType(events, 'file.saved')).toHaveLength(MANY);
    expect(events.at(-1)).toMatchObject({ type: 'summary', files: MANY, exitCode: 0 });
    expect(result.exitCode).toBe(0);
  });

  it('are not stopped by one that fails, and summary and exit code tell both', async ({ expect, cli }) => {
    const result = await watchMany(cli, [], (id) => (id === 50 ? 'failed' : 'ready'));
    expect(result.exitCode).toBe(10);
    expect(result.stdout.split('\n').slice(0, -1)).toHaveLength(MANY - 1);
    expect(result.stderr).toContain(`${MANY - 1} files saved`);
    expect(result.stderr).toContain('many:50: the provider says that the export failed');
  });

  it('are not stopped by one that fails, one that is gone and one that is refused', async ({
    expect,
    cli,
  }) => {
    const fates = new Map(
      [50, 60, 70].map((id, index) => [id, (['failed', 'gone', 'refused'] as const)[index]]),
    );
    const result = await watchMany(cli, ['--json'], (id) => fates.get(id) ?? 'ready');
    const events = eventsOf(result);
    expect(ofType(events, 'file.saved')).toHaveLength(MANY - 3);
    // Of the three, the refusal is what somebody has to do something about first.
    expect(result.exitCode).toBe(77);
    expect(events.at(-1)).toMatchObject({ type: 'summary', files: MANY - 3, exitCode: 77 });
    expect(ofType(events, 'file.failed')).toMatchObject([{ id: '70', code: 77 }]);
    expect(result.stderr).toContain('many:50: the provider says that the export failed');
    expect(result.stderr).toContain('many:60: the provider does not have this export');
    expect(await readFile(join(cli.directory, 'out/rows-99.csv'), 'utf8')).toBe('row of 99\n');
  });

  it('are told of in numbers, and leave nothing but files and manifests', async ({ expect, cli }) => {
    const looks = new Map<number, number>();
    const result = await watchMany(cli, [], (id) => {
      looks.set(id, (looks.get(id) ?? 0) + 1);
      return looks.get(id) === 1 ? 'running' : 'ready';
    });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).not.toContain('Warning');
    // The summary, and a line of numbers now and then.
    expect(result.stderr.split('\n').length).toBeLessThan(5);
    const files = await filesIn(cli);
    expect(files).toHaveLength(2 * MANY);
    expect(files.filter((file) => file.startsWith('out/.'))).toEqual([]);
  });

  it('that are here already cost no request, and are told in one line', async ({ expect, cli }) => {
    let requests = 0;
    const service = await startManyService(MANY, () => {
      requests += 1;
      return 'ready';
    });
    try {
      const config = await cli.write('many.yaml', service.config);
      expect((await start(cli, config, []).result).exitCode).toBe(0);
      requests = 0;
      const again = await start(cli, config, []).result;
      expect(again.exitCode).toBe(0);
      expect(again.stderr).toMatch(/^100 files were here already, .*\n$/);
      expect(requests).toBe(0);
    } finally {
      service.close();
    }
  });

  it('ask no more often than the account may, however many they are', async ({ expect, cli }) => {
    const times: number[] = [];
    let enough = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const limit = { requests: 30, per: '2s' };
    const service = await startManyService(
      MANY,
      () => {
        if (times.push(performance.now()) === 35) enough();
        return 'running';
      },
      limit,
    );
    try {
      const run = start(cli, await cli.write('many.yaml', service.config), []);
      await asked;
      run.kill('SIGTERM');
      expect((await run.result).exitCode).toBe(143);
      // Half of them are for polls; a request may be on its way for a while.
      const most = Math.max(
        ...times.map((from) => times.filter((at) => at >= from && at < from + 1900).length),
      );
      expect(most).toBeLessThanOrEqual(limit.requests / 2 + 2);
    } finally {
      service.close();
    }
  });

  it('end with one sentence when they are interrupted', async ({ expect, cli }) => {
    const seen = new Set<number>();
    let all = (): void => undefined;
    const everyLook = new Promise<void>((resolve) => {
      all = resolve;
    });
    const service = await startManyService(MANY, (id) => {
      if (seen.add(id).size === MANY) all();
      return 'running';
    });
    try {
      const run = start(cli, await cli.write('many.yaml', service.config), ['--json']);
      await everyLook;
      run.kill('SIGINT');
      const { exitCode, stderr } = await run.result;
      expect(exitCode).toBe(130);
      expect(stderr.match(/interrupted/g)).toHaveLength(1);
      expect(stderr).not.toContain('Warning');
      expect(await filesIn(cli)).toEqual([]);
    } finally {
      service.close();
    }
  });
});
