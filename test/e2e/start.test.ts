import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';

import type { Entry } from '../../src/ledger/entry.ts';
import type { Sandbox, Scenario } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, it, sandboxEnv } from '../helpers/e2e.ts';
import { eventsOf, ofType, type Cli } from '../helpers/run-cli.ts';

/** The least that a start of each provider needs. */
const ORDERS: readonly (readonly [Scenario['provider'], ...string[]])[] = [
  [
    'mytracker-raw',
    'event=payments',
    'selectors=idDevice,tsEvent',
    'dateFrom={yesterday}',
    'dateTo={yesterday}',
  ],
  ['mytracker-segment', 'idSegment=7', 'requestFields=gaid,idfa'],
  ['webadmit', 'userIdentity=12', 'exportId=86446'],
  ['personium'],
  ['rebilly', 'name=Customers', 'resource=customers', 'format=csv', 'dateRange.start={today-7d}'],
];

function params(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ['--param', text]);
}

const RAW = ['mytracker-raw', ...params(['event=installs', 'selectors=idDevice'])];

/** The entries of the ledger, by the files that they are. */
export async function ledgerOf(cli: Cli): Promise<Entry[]> {
  const directory = join(cli.home, 'xdg-state', 'exportpoll');
  const names = await readdir(directory).catch(() => []);
  const files = names.filter((name) => name.endsWith('.json'));
  return await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(directory, name), 'utf8')) as Entry),
  );
}

function postsTo({ requests }: Sandbox): number {
  return requests.filter(({ method }) => method === 'POST').length;
}

describe.concurrent('start --watch', () => {
  it.for(ORDERS)(
    '%s: starts one export and saves its files',
    async ([provider, ...texts], { expect, cli, run, sandbox }) => {
      const result = await run(['start', provider, ...params(texts), '--watch', '--json']);
      expect(result).toMatchObject({ exitCode: 0 });
      const [started] = sandbox.started;
      expect(sandbox.started).toHaveLength(1);
      const { id = '', files = [] } = started ?? {};
      expect(files.length).toBeGreaterThan(0);
      for (const name of files) {
        const bytes = await readFile(join(cli.directory, name));
        expect(bytes.equals(await expectedBytes(sandbox, provider, id, name))).toBe(true);
      }
      const events = ofType(eventsOf(result), 'export.started');
      expect(events).toEqual([expect.objectContaining({ provider, id, since: expect.any(String) })]);
      expect(events[0]).not.toHaveProperty('already');
      expect(await ledgerOf(cli)).toEqual([
        expect.objectContaining({ provider, id, state: 'finished', outcome: 'ready' }),
      ]);
    },
  );
});

describe('start', () => {
  it('prints the target, and goes on with it when it is run again', async ({ expect, cli, run, sandbox }) => {
    const first = await run(['start', ...RAW]);
    const id = sandbox.started[0]?.id;
    expect(first).toMatchObject({ exitCode: 0, stdout: `mytracker-raw:${id}\n` });
    const asked = sandbox.requests.length;
    const second = await run(['start', ...RAW]);
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(sandbox.requests).toHaveLength(asked);
    // Nothing was started this time, and it says so.
    expect(first.stderr).toMatch(new RegExp(`^mytracker-raw ${id}: started \\d{4}-`));
    expect(second.stderr).toBe(first.stderr.replace(': started', ': was started'));
    const [told] = eventsOf(await run(['start', ...RAW, '--json']));
    expect(told).toMatchObject({ type: 'export.started', id, since: expect.any(String), already: true });

    const watched = await run(['watch', '-q']);
    expect(watched.exitCode).toBe(0);
    expect(watched.stdout.trim().split('\n')).toHaveLength(2);
    expect(sandbox.started).toHaveLength(1);
    const list = await run(['list']);
    expect(list.stdout).toMatch(/^TARGET .*\nmytracker-raw:\d+ +ready +- +\d{4}-.*work\n$/);

    // What is finished is no reason not to start another one.
    await run(['start', ...RAW]);
    expect(sandbox.started).toHaveLength(2);
    expect((await ledgerOf(cli)).map(({ state }) => state)).toEqual(['underway']);
  });

  it('starts another one with --again, and does not forget the one before', async ({
    expect,
    run,
    sandbox,
  }) => {
    await run(['start', ...RAW]);
    const again = await run(['start', ...RAW, '--again']);
    expect(sandbox.started).toHaveLength(2);
    expect(again.stdout).toBe(`mytracker-raw:${sandbox.started[1]?.id}\n`);
    const rows = JSON.parse((await run(['list', '--json'])).stdout) as { target: string; state: string }[];
    expect(rows.map(({ target, state }) => [target, state])).toEqual(
      sandbox.started.map(({ id }) => [`mytracker-raw:${id}`, 'under way']),
    );
  });

  it('takes other parameters for another export', async ({ expect, run, sandbox }) => {
    await run(['start', ...RAW]);
    await run(['start', ...RAW, '--param', 'idApp=1']);
    expect(sandbox.started).toHaveLength(2);
  });

  it('keeps no parameter on disk, and lets nobody else read the rest', async ({ expect, cli, run }) => {
    await cli.write('data.json', JSON.stringify({ callback: 'https://me.example/?token=very-secret-value' }));
    await run(['start', 'webadmit', ...params(['userIdentity=12', 'exportId=86446']), '--data', 'data.json']);
    const directory = join(cli.home, 'xdg-state', 'exportpoll');
    for (const name of await readdir(directory)) {
      expect(await readFile(join(directory, name), 'utf8')).not.toMatch(
        /very-secret|me\.example|userIdentity/,
      );
      expect((await stat(join(directory, name))).mode & 0o077).toBe(0);
    }
  });

  it.for([
    [['start'], 'nothing to start'],
    [['start', 'nobody'], 'no export and no provider is called "nobody"'],
    [['start', 'mytracker-raw', '--param', 'event'], '--param event: must be NAME=VALUE'],
    [['start', 'mytracker-raw', '--param', 'event=installs'], '"selectors" is missing: the columns'],
    [['start', ...RAW, '--param', 'datefrom=2024-01-01'], 'did you mean "dateFrom"?'],
    [['start', ...RAW, '--param', 'dateFrom={today-7x}'], 'has {today-7x}, which is no date'],
    [['start', ...RAW, '--param', 'eventName={Today}'], 'which is no date; did you mean {today}?'],
    [
      ['start', ...RAW, '--param', 'dateFrom={today@Mars/Base}'],
      'a time zone that does not exist: Mars/Base',
    ],
    [['start', ...RAW, '--param', 'dateFrom=06.05.2024'], '"dateFrom" cannot be "06.05.2024"'],
    [
      ['start', ...RAW, '--data', 'missing.json'],
      '--data missing.json: cannot be read: there is no such file\n',
    ],
  ] as const)('%j is a mistake, and nothing is sent', async ([args, message], { expect, run, sandbox }) => {
    const { exitCode, stderr } = await run(args);
    expect([exitCode, sandbox.requests.length]).toEqual([2, 0]);
    expect(stderr).toContain(message);
  });

  it('names the parameters that are missing, and shows a line that works', async ({
    expect,
    run,
    sandbox,
  }) => {
    const { exitCode, stderr } = await run(['start', '--provider', 'mytracker-raw']);
    expect([exitCode, sandbox.requests.length]).toEqual([2, 0]);
    const line = 'exportpoll start mytracker-raw --param event=installs --param selectors=idDevice,tsEvent';
    expect(stderr.split('\n')).toEqual([
      'exportpoll: a new export of mytracker-raw: "event" is missing: the event to export, such as installs',
      '  "selectors" is missing: the columns, such as idDevice,tsEvent',
      `  for example: ${line}`,
      '  `exportpoll providers mytracker-raw` shows all that it takes',
      '',
    ]);
    expect((await run(line.split(' ').slice(1))).exitCode).toBe(0);
  });

  it('tells why the provider refuses', async ({ expect, cli, run, sandbox }) => {
    const args = ['mytracker-raw', ...params(['event=nothing', 'selectors=idDevice'])];
    const { exitCode, stderr } = await run(['start', ...args]);
    expect([exitCode, postsTo(sandbox)]).toEqual([2, 1]);
    expect(stderr).toContain('answered 400: Unknown event "nothing"');
    expect(await ledgerOf(cli)).toEqual([]);
  });

  it('of a Name that is taken says so, and of one that the cell uses up', async ({ expect, run }) => {
    const named = async (name: string) => await run(['start', 'personium', '--param', `Name=${name}`]);
    const taken = await named('CellExport_earlier');
    expect(taken).toMatchObject({ exitCode: 2 });
    expect(taken.stderr).toContain('File [CellExport_earlier.zip] already exists');
    expect(await named('contended')).toMatchObject({ exitCode: 2 });
  });

  it('waits while the cell works on another export', async ({ expect, run, sandbox }) => {
    await run(['start', 'personium', '--param', 'Name=first']);
    const second = await run(['start', 'personium', '--param', 'Name=second', '--watch']);
    expect(second).toMatchObject({ exitCode: 0 });
    expect(second.stdout).toContain('second.zip');
    expect(sandbox.started.map(({ id }) => id)).toEqual(['first', 'second']);
  });
});

describe('named exports', () => {
  const CONFIG = `
exports:
  payments:
    provider: mytracker-raw
    output: payments
    start: { event: payments, selectors: [idDevice, tsEvent], dateFrom: '{yesterday}', dateTo: '{yesterday}' }
  people: { provider: rebilly, output: people, start: { name: People, resource: customers, format: csv } }
  old: { provider: webadmit, id: 86446/74780, output: old }
`;

  it('are watched without a TARGET', async ({ expect, cli, run, sandbox }) => {
    await cli.write('.exportpollrc', CONFIG);
    for (const name of ['payments', 'people']) await run(['start', name]);
    expect(sandbox.started).toHaveLength(2);
    const watched = await run(['watch']);
    expect(watched.exitCode).toBe(0);
    const folders = (await cli.files())
      .filter((name) => name.includes('manifest'))
      .map((name) => name.split('/')[0]);
    expect(folders).toEqual(['old', 'payments', 'people']);
    expect(sandbox.started).toHaveLength(2);
  });

  it('are left out of a watch before they are started, which is told', async ({ expect, cli, run }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { exitCode, stderr } = await run(['watch']);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/exports\.payments has nothing under way and is left out/);
    expect((await run(['watch', 'payments'])).stderr).toContain('exportpoll start payments --watch');
  });

  it('with a date word that is none stop with 78, and nothing is sent', async ({
    expect,
    cli,
    run,
    sandbox,
  }) => {
    await cli.write('.exportpollrc', CONFIG.replace("dateFrom: '{yesterday}'", "dateFrom: '{yesterday+}'"));
    const { exitCode, stderr } = await run(['start', 'payments']);
    expect([exitCode, sandbox.requests.length]).toEqual([78, 0]);
    expect(stderr).toContain('has {yesterday+}, which is no date; did you mean {yesterday}?');
  });

  it('of which one may have been started are not said to have not been', async ({ expect, cli, run }) => {
    await cli.write('.exportpollrc', CONFIG);
    await run(['start', 'payments']);
    const [entry] = await ledgerOf(cli);
    const directory = join(cli.home, 'xdg-state', 'exportpoll');
    const name = (await readdir(directory)).find((file) => file.endsWith('.json')) ?? '';
    await writeFile(join(directory, name), JSON.stringify({ ...entry, id: undefined, state: 'starting' }));
    const { exitCode, stderr } = await run(['watch', 'payments']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /payments may have been started at .*, or not\n[^]*start payments --again; [^]*list --prune payments/,
    );
    expect(stderr).not.toContain('has not been started');
  });

  it('say that what was asked for is not started while one for other parameters is not finished', async ({
    expect,
    cli,
    run,
    sandbox,
  }) => {
    await cli.write('.exportpollrc', CONFIG);
    const first = await run(['start', 'payments']);
    await cli.write('.exportpollrc', CONFIG.replace('[idDevice, tsEvent]', 'idDevice'));
    const { exitCode, stdout, stderr } = await run(['start', 'payments', '-q']);
    expect([exitCode, stdout, sandbox.started.length]).toEqual([8, first.stdout, 1]);
    expect(stderr).toContain('no new export was started: the one that was started at');
  });

  it('finish what was started with other parameters, and then start and watch the new one', async ({
    expect,
    cli,
    run,
    sandbox,
  }) => {
    await cli.write('.exportpollrc', CONFIG);
    await run(['start', 'payments']);
    await cli.write('.exportpollrc', CONFIG.replace('[idDevice, tsEvent]', 'idDevice'));
    const both = await run(['start', 'payments', '--watch', '-q']);
    expect([both.exitCode, sandbox.started.length]).toEqual([0, 2]);
    const saved = (await cli.files()).filter((name) => name.includes('manifest'));
    expect(saved).toHaveLength(2);
    const [entry] = await ledgerOf(cli);
    expect(entry).toMatchObject({ id: sandbox.started[1]?.id, state: 'finished', outcome: 'ready' });
  });

  it('start none beside one with other parameters that is not finished in time', async ({
    expect,
    cli,
    serve,
  }) => {
    const sandbox = await serve({ durationMs: 60_000 });
    const env = sandboxEnv(sandbox);
    await cli.write('.exportpollrc', CONFIG);
    await cli.run(['start', 'payments'], { env });
    await cli.write('.exportpollrc', CONFIG.replace('[idDevice, tsEvent]', 'idDevice'));
    const { exitCode } = await cli.run(['start', 'payments', '--watch', '-q', '--timeout', '1s'], { env });
    expect([exitCode, postsTo(sandbox)]).toEqual([8, 1]);
  });

  it('are one that works, and one that ends with 75 without a request, in two runs at once', async ({
    expect,
    cli,
    serve,
  }) => {
    const sandbox = await serve({ durationMs: 60_000 });
    await cli.write('.exportpollrc', CONFIG);
    const args = ['start', 'payments', '--watch', '--json'];
    const first = cli.start(args, { env: sandboxEnv(sandbox) });
    await first.stdoutMatching(/export\.status/);
    const asked = postsTo(sandbox);
    const second = await cli.run(args, { env: sandboxEnv(sandbox) });
    expect(second.exitCode).toBe(75);
    expect(second.stdout).not.toContain('export.st');
    expect([asked, postsTo(sandbox)]).toEqual([1, 1]);
    first.kill('SIGINT');
    expect((await first.result).exitCode).toBe(130);
    expect(await ledgerOf(cli)).toEqual([expect.objectContaining({ name: 'payments', state: 'underway' })]);
  });
});

describe('cancel', () => {
  it('ends what was started', async ({ expect, cli, run, serve }) => {
    const sandbox = await serve({ durationMs: 60_000 });
    const env = sandboxEnv(sandbox);
    for (const [provider, ...texts] of [ORDERS[0], ORDERS[4]].flatMap((order) => (order ? [order] : []))) {
      const target = (await cli.run(['start', provider, ...params(texts)], { env })).stdout.trim();
      const cancelled = await cli.run(['cancel', target], { env });
      expect(cancelled).toMatchObject({ exitCode: 0, stdout: 'cancelled\n' });
      expect((await cli.run(['status', target], { env })).stdout).toMatch(/cancelled|gone/);
    }
    expect((await ledgerOf(cli)).map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    expect((await run(['list', '--prune'])).stdout).toBe('');
  });

  it('is refused clearly where it cannot be done', async ({ expect, run }) => {
    const never = await run(['cancel', 'webadmit:86446/74786']);
    expect(never).toMatchObject({ exitCode: 2 });
    expect(never.stderr).toContain('webadmit has no way to cancel an export');
    await run(['watch', 'mytracker-raw:4', '-q']);
    const late = await run(['cancel', 'mytracker-raw:4']);
    expect(late).toMatchObject({ exitCode: 2 });
    expect(late.stderr).toContain("This RawExport can not be cancel (it's completed)");
    expect(await run(['cancel', 'mytracker-raw:404'])).toMatchObject({ exitCode: 11 });
  });
});

describe('the ledger', () => {
  it('has what a watch was interrupted in, until it is done', async ({ expect, cli, run, serve }) => {
    const slow = await serve({ durationMs: 60_000 });
    const first = cli.start(['watch', '--json', 'webadmit:86446/74780', '-o', 'out'], {
      env: sandboxEnv(slow),
    });
    await first.stdoutMatching(/export\.status/);
    first.kill('SIGKILL');
    await first.result;
    const list = await cli.run(['list'], { env: sandboxEnv(slow) });
    expect(list.stdout).toMatch(/\nwebadmit:86446\/74780 +under way +- +\S+ \S+ +\S+out\n$/);
    // Of another API there may be another export with that id.
    expect((await run(['watch'])).stderr).toContain('is left out: webadmit is not configured as it was');
    const again = await cli.run(['watch', '--timeout', '1s'], { env: sandboxEnv(slow) });
    expect(again.exitCode).toBe(8);
  });

  it('forgets what a watch has finished, or could not begin', async ({ expect, cli, run }) => {
    await run(['watch', 'webadmit:86446/74780', 'mytracker-raw:404']);
    expect(await ledgerOf(cli)).toEqual([]);
    const { exitCode } = await run(['watch', 'webadmit:86446/74780', '--force'], {
      env: { EXPORTPOLL_WEBADMIT_API_KEY: 'not-the-key' },
    });
    expect([exitCode, await ledgerOf(cli)]).toEqual([77, []]);
  });
});
