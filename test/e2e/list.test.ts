import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { describe, vi } from 'vitest';

import { it, providerEnv, sandboxEnv } from '../helpers/e2e.ts';
import { serve as serveAnswers } from '../helpers/answers.ts';
import { changeEntry, daysAgo, entriesOf } from '../helpers/ledger.ts';
import type { Cli } from '../helpers/run-cli.ts';

const RAW = ['mytracker-raw', '--param', 'event=installs', '--param', 'selectors=idDevice'];
const CONFIG = `
exports:
  payments: { provider: rebilly, output: out, start: { name: Payments, resource: payments, format: csv } }
`;
const BERLIN = { TZ: 'Europe/Berlin' };
const SINCE = '2026-11-22T08:56:07.890Z';

/** Writes what cannot be read in the place of an entry. */
async function spoil(cli: Cli): Promise<string> {
  const path = join(cli.home, 'xdg-state', 'exportpoll', 'webadmit.0123456789abcdef.json');
  await writeFile(path, '{"v": 1, "provider": ');
  return path;
}

describe('list', () => {
  it('has a header and local times, and with -v when an export was looked at and where that is noted', async ({
    expect,
    cli,
    run,
    sandbox,
  }) => {
    await cli.write('.exportpollrc', CONFIG);
    await run(['start', 'payments']);
    const { path } = await changeEntry(cli, { createdAt: SINCE, updatedAt: '2026-12-01T23:30:00.000Z' });
    const target = `rebilly:${sandbox.started[0]?.id}`;
    const out = join(cli.directory, 'out');
    const rows = async (...flags: string[]): Promise<string[][]> =>
      (await run(['list', ...flags], { env: BERLIN })).stdout.split('\n').map((line) => line.split(/ {2,}/));
    const columns = ['TARGET', 'STATE', 'NAME', 'SINCE', 'OUTPUT'];
    const row = [target, 'under way', 'payments', '2026-11-22 09:56', out];
    expect(await rows()).toEqual([columns, row, ['']]);
    expect(await rows('-v')).toEqual([
      [...columns, 'UPDATED', 'ENTRY'],
      [...row, '2026-12-02 00:30', path],
      [''],
    ]);
    expect(await rows('payments')).toEqual([columns, row, ['']]);
    const { stdout } = await run(['list', '--json'], { env: BERLIN });
    expect(JSON.parse(stdout)).toEqual([
      {
        target,
        state: 'under way',
        name: 'payments',
        output: out,
        since: SINCE,
        updated: '2026-12-01T23:30:00.000Z',
        entry: path,
      },
    ]);
  });

  it('says so when nothing is known', async ({ expect, cli }) => {
    expect(await cli.run(['list'])).toMatchObject({ stdout: '', stderr: 'exportpoll: no exports known\n' });
    expect(await cli.run(['list', '-q'])).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect((await cli.run(['list', '--json'])).stdout).toBe('[]\n');
  });

  it('does not know what it does not list', async ({ expect, run }) => {
    await run(['start', ...RAW]);
    const { exitCode, stderr } = await run(['list', 'mytraker-raw:1']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('no export is known as "mytraker-raw:1"');
  });
});

describe('list --prune', () => {
  it('forgets what is finished, and what nobody has looked at for a month', async ({ expect, cli, run }) => {
    await run(['start', ...RAW]);
    await changeEntry(cli, { createdAt: daysAgo(90), updatedAt: daysAgo(29) });
    expect((await run(['list', '--prune'])).stderr).toBe('exportpoll: 0 exports forgotten\n');
    await changeEntry(cli, { state: 'finished' });
    expect((await run(['list', '--prune'])).stderr).toContain('1 export forgotten');
    for (const state of ['underway', 'starting'] as const) {
      await run(['start', ...RAW]);
      await changeEntry(cli, { state, updatedAt: daysAgo(31) });
      expect((await run(['list', '--prune'])).stderr).toContain('1 export forgotten');
    }
    expect(await entriesOf(cli)).toEqual([]);
  });

  it.for([
    ['status'],
    ['download'],
    ['watch', '--timeout', '1s'],
    ['start', ...RAW, '--watch', '--timeout', '1s'],
  ])('leaves what is looked at with %j', async (args, { expect, cli, serve }) => {
    const env = sandboxEnv(await serve({ durationMs: 60_000 }));
    await cli.run(['start', ...RAW], { env });
    await changeEntry(cli, { createdAt: daysAgo(40), updatedAt: daysAgo(40) });
    expect((await cli.run(args, { env })).exitCode).toBe(8);
    const [seen] = await entriesOf(cli);
    expect(Date.parse(seen?.entry.updatedAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    await cli.run(args, { env });
    expect(await entriesOf(cli), 'looks of an hour are noted once').toEqual([seen]);
    expect((await cli.run(['list', '--prune'], { env })).stderr).toContain('0 exports forgotten');
  });

  it('leaves, and tells of, an entry whose times are none', async ({ expect, cli, run }) => {
    await run(['start', ...RAW]);
    const { path } = await changeEntry(cli, { updatedAt: 'yesterday' });
    const { stderr } = await run(['list', '--prune']);
    expect(stderr).toContain(`warning: ${path}: is no entry that this version can read`);
    expect(stderr).toContain('0 exports forgotten');
    expect(await entriesOf(cli)).toHaveLength(1);
  });

  it('leaves what another run works on, however old it looks', async ({ expect, cli, serve }) => {
    const env = sandboxEnv(await serve({ durationMs: 60_000 }));
    const other = cli.start(['start', ...RAW, '--watch', '--json'], { env });
    await other.stdoutMatching(/export\.status/);
    const { entry } = await changeEntry(cli, { updatedAt: daysAgo(40) });
    expect((await cli.run(['list', '--prune'], { env })).stderr).toContain('0 exports forgotten');
    const named = await cli.run(['list', '--prune', `mytracker-raw:${entry.id}`], { env });
    expect(named).toMatchObject({ exitCode: 75, stdout: '' });
    expect(await entriesOf(cli)).toHaveLength(1);
    other.kill('SIGINT');
    await other.result;
  });

  it('leaves what a start has asked for and has no answer about', async ({ expect, cli }) => {
    const { origin, seen } = await serveAnswers(() => undefined);
    const env = providerEnv('mytracker-raw', { baseUrl: origin, userId: '7', secretKey: 'hush-hush' });
    const other = cli.start(['start', ...RAW], { env });
    await vi.waitUntil(() => seen.length === 1, { timeout: 10_000 });
    const { entry } = await changeEntry(cli, { updatedAt: daysAgo(40) });
    expect(entry.state).toBe('starting');
    expect((await cli.run(['list', '--prune'], { env })).stderr).toContain('0 exports forgotten');
    expect((await cli.run(['list', '--prune', 'mytracker-raw'], { env })).exitCode).toBe(75);
    expect(await entriesOf(cli)).toHaveLength(1);
    other.kill('SIGINT');
    await other.result;
  });
});

describe('list --prune TARGET', () => {
  it('forgets that export, whatever its state, and no other', async ({ expect, cli, run }) => {
    await cli.write('.exportpollrc', CONFIG);
    const other = (await run(['start', ...RAW])).stdout.trim();
    const named = (await run(['start', 'payments'])).stdout.trim();
    const forgotten = { exitCode: 0, stdout: '', stderr: `exportpoll: ${named} forgotten\n` };
    expect(await run(['list', '--prune', 'payments'])).toMatchObject(forgotten);
    const { path } = await changeEntry(cli, { state: 'starting' });
    const last = await run(['list', '-q', '--json', '--prune', other]);
    expect(last).toMatchObject({ exitCode: 0, stdout: '[]\n', stderr: '' });
    expect(await entriesOf(cli)).toEqual([]);
    await run(['start', ...RAW]);
    expect(await run(['list', '--prune', basename(path)])).toMatchObject({ exitCode: 0 });
    expect(await entriesOf(cli)).toEqual([]);
  });

  it('of what may be several forgets none, and one by its file', async ({ expect, cli, run }) => {
    await run(['start', ...RAW]);
    await run(['start', ...RAW, '--param', 'idApp=1']);
    const [first, second] = await entriesOf(cli);
    for (const { path, entry } of await entriesOf(cli)) {
      await writeFile(path, JSON.stringify({ ...entry, state: 'starting', id: undefined }));
    }
    const several = await run(['list', '--prune', 'mytracker-raw']);
    expect(several).toMatchObject({ exitCode: 2, stdout: '' });
    expect(several.stderr).toContain('"mytracker-raw" may be any of 2 exports');
    expect(await run(['list', '--prune', first?.path ?? ''])).toMatchObject({ exitCode: 0 });
    expect((await entriesOf(cli)).map((left) => left.path)).toEqual([second?.path]);
  });

  it('leaves what is being watched', async ({ expect, cli, serve }) => {
    const env = sandboxEnv(await serve({ durationMs: 60_000 }));
    const watch = cli.start(['watch', 'webadmit:86446/74780', '--json'], { env });
    await watch.stdoutMatching(/export\.status/);
    expect(await cli.run(['list', '--prune', 'webadmit:86446/74780'], { env })).toMatchObject({
      exitCode: 75,
    });
    watch.kill('SIGINT');
    await watch.result;
    expect(await cli.run(['list', '--prune', 'webadmit:86446/74780'], { env })).toMatchObject({
      exitCode: 0,
    });
    expect(await entriesOf(cli)).toEqual([]);
  });
});

describe('an entry that cannot be read', () => {
  it('is told by list, but not with -q', async ({ expect, cli, run }) => {
    await run(['start', ...RAW]);
    const path = await spoil(cli);
    expect((await run(['list'])).stderr).toContain(`warning: ${path}`);
    expect(await run(['list', '-q'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.for(['watch', 'download', 'status'])('is told by %s', async (command, { expect, cli, run }) => {
    await run(['start', ...RAW]);
    const path = await spoil(cli);
    const warning = `${path}: is no entry that this version can read`;
    const rest = await run([command]);
    expect([0, 8]).toContain(rest.exitCode);
    expect(rest.stderr).toContain(warning);
    // Who names an export asks about no other.
    expect((await run([command, 'webadmit:86446/74780'])).stderr).not.toContain(path);
  });

  it.for(['watch', 'download', 'status'])(
    'is told by %s where there is nothing else',
    async (command, { expect, cli, run }) => {
      await run(['start', ...RAW]);
      await changeEntry(cli, { state: 'finished' });
      await run(['list', '--prune']);
      const path = await spoil(cli);
      const { exitCode, stderr } = await run([command]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`warning: ${path}`);
      expect(stderr).toContain('nothing to do');
      const quiet = await run([command, '-q']);
      expect(quiet.stderr).toContain('nothing to do');
      expect(quiet.stderr).not.toContain(path);
    },
  );
});
