import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe } from 'vitest';

import { serve as answering, type Handler, type Seen } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';
import { changeEntries, entriesIn, RAW, rawEnv } from './start-world.ts';

const CREATED = { body: { code: 200, message: 'Ok', data: { idRawExport: '7' } } };
const READY = { body: { code: 200, message: 'Ok', data: { status: 'Success!', files: [] } } };

function posts(seen: readonly Seen[]): number {
  return seen.filter(({ method }) => method === 'POST').length;
}

describe('start --id', () => {
  const CONFIG = `
exports:
  payments:
    provider: mytracker-raw
    start: { event: payments, selectors: idDevice, dateFrom: '{yesterday}', dateTo: '{yesterday}' }
`;
  /** The first start gets lost; whatever is asked later is ready. */
  function losing(): Handler {
    let isLost = false;
    return ({ method }, response) => {
      if (method === 'GET') return READY;
      if (isLost) return CREATED;
      isLost = true;
      response.destroy();
      return undefined;
    };
  }

  it('goes on with the export that a lost start has made, which it looks at', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { origin, seen } = await answering(losing());
    const env = rawEnv(origin);
    const lost = await cli.run(['start', 'payments'], { env });
    expect(lost.exitCode).toBe(2);
    expect(lost.stderr).toMatch(
      /If it is there: exportpoll start payments --id ID; if not: exportpoll start payments --again/,
    );
    const adopted = await cli.run(['start', 'payments', '--id', '7'], { env });
    expect(adopted).toMatchObject({ exitCode: 0, stdout: 'mytracker-raw:7\n' });
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'GET']);
    const entry = { name: 'payments', id: '7', state: 'underway' };
    expect((await entriesIn(cli)).map((one) => one.entry)).toEqual([expect.objectContaining(entry)]);
    const next = await cli.run(['start', 'payments'], { env });
    expect(next).toMatchObject({ exitCode: 0, stdout: 'mytracker-raw:7\n' });
    expect(seen).toHaveLength(2);
  });

  it('is told in words that a shell reads back', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { origin } = await answering(losing());
    const { stderr } = await cli.run(['start', 'payments', '--output', "Ann's data"], {
      env: rawEnv(origin),
    });
    const [, line = ''] = /If it is there: (.*); if not: /.exec(stderr) ?? [];
    const { stdout } = await promisify(execFile)('sh', ['-c', `printf '%s\\n' ${line}`]);
    const output = join(cli.directory, "Ann's data");
    expect(stdout.trim().split('\n')).toEqual([
      'exportpoll',
      'start',
      'payments',
      '--output',
      output,
      '--id',
      'ID',
    ]);
  });

  it('of another day starts nothing beside it', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { origin, seen } = await answering(losing());
    const env = rawEnv(origin);
    await cli.run(['start', 'payments'], { env });
    await changeEntries(cli, () => ({ parameters: 'of another day' }));
    const adopted = await cli.run(['start', 'payments', '--id', '7'], { env });
    expect(adopted).toMatchObject({ exitCode: 0, stdout: 'mytracker-raw:7\n' });
    expect(posts(seen)).toBe(1);
  });

  it('leaves the start open where the provider has no such export', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const lose = losing();
    const { origin } = await answering((request, response) =>
      request.target.includes('idRawExport=99')
        ? { status: 404, body: { code: 404, message: 'Not found', data: {} } }
        : lose(request, response),
    );
    const env = rawEnv(origin);
    await cli.run(['start', 'payments'], { env });
    const mistyped = await cli.run(['start', 'payments', '--id', '99'], { env });
    expect(mistyped).toMatchObject({ exitCode: 2, stdout: '' });
    expect(mistyped.stderr).toContain('--id 99: mytracker-raw has no such export; the start is still open');
    const right = await cli.run(['start', 'payments', '--id', '7'], { env });
    expect(right).toMatchObject({ exitCode: 0, stdout: 'mytracker-raw:7\n' });
  });

  it('with --watch waits for it', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { origin, seen } = await answering(losing());
    const env = { ...rawEnv(origin), EXPORTPOLL_INTERVAL: '100ms' };
    await cli.run(['start', 'payments'], { env });
    const adopted = await cli.run(['start', 'payments', '--id', '7', '--watch', '--json'], { env });
    expect(adopted.stdout).toContain('"export.status"');
    expect([posts(seen), seen.length]).toEqual([1, 3]);
  });

  it('is for an order without a name, too: with the same parameters', async ({ expect, cli }) => {
    const { origin, seen } = await answering(losing());
    const env = rawEnv(origin);
    const lost = await cli.run(['start', ...RAW], { env });
    expect(lost.stderr).toMatch(
      /If it is there: exportpoll start mytracker-raw --id ID; if not: exportpoll start mytracker-raw --again; both with the same parameters\n/,
    );
    const other = await cli.run(['start', ...RAW, '--param', 'idApp=1', '--id', '7'], { env });
    expect(other).toMatchObject({ exitCode: 2, stdout: '' });
    const [, ...parameters] = RAW;
    const args = ['start', '--provider', 'mytracker-raw', ...parameters, '--id', '7'];
    expect(await cli.run(args, { env })).toMatchObject({ exitCode: 0, stdout: 'mytracker-raw:7\n' });
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'GET']);
  });

  it('is refused where nothing is open, or the id is none', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', CONFIG);
    const { origin, seen } = await answering(() => CREATED);
    const env = rawEnv(origin);
    const nothing = await cli.run(['start', 'payments', '--id', '7'], { env });
    expect(nothing.exitCode).toBe(2);
    expect(nothing.stderr).toMatch(/no start of payments is open[^]*exportpoll watch mytracker-raw:7/);
    const odd = await cli.run(['start', 'payments', '--id', '../7'], { env });
    expect(odd.exitCode).toBe(2);
    expect(odd.stderr).toContain('"../7" is not an id of mytracker-raw');
    const both = await cli.run(['start', 'payments', '--id', '7', '--again'], { env });
    expect(both.exitCode).toBe(2);
    expect(both.stderr).toContain('--id and --again');
    expect(seen).toHaveLength(0);
    await cli.run(['start', 'payments'], { env });
    const underway = await cli.run(['start', 'payments', '--id', '8'], { env });
    expect(underway.exitCode).toBe(2);
    expect(underway.stderr).toContain('the ledger has mytracker-raw:7 for it');
    expect(seen).toHaveLength(1);
  });
});
