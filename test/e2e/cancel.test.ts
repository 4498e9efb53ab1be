import { describe } from 'vitest';

import { serve, type Handler, type Reply } from '../helpers/answers.ts';
import { it, providerEnv } from '../helpers/e2e.ts';
import { changeEntry, daysAgo, entriesOf } from '../helpers/ledger.ts';
import type { Cli, CliResult } from '../helpers/run-cli.ts';

const RAW = ['mytracker-raw', '--param', 'event=installs', '--param', 'selectors=idDevice'];
const TARGET = 'mytracker-raw:77';
const NAMED = `
exports:
  payments: { provider: mytracker-raw, start: { event: payments, selectors: idDevice } }
`;

const busy: Reply = { status: 502 };
const refused: Reply = { status: 400, body: { code: 400, message: 'can not be cancel' } };
const missing: Reply = { status: 404, body: { code: 404, message: 'no such export' } };
const saying = (status: string): Reply => ({ body: { code: 200, data: { status } } });

/** A started export of a service with these answers to requests to cancel it, one after the other, and to looks. */
async function started(
  cli: Cli,
  cancels: readonly Reply[],
  look: Reply,
): Promise<{ cancel: () => Promise<CliResult>; asked: () => string[] }> {
  const left = [...cancels];
  const asked: string[] = [];
  const handler: Handler = ({ target }) => {
    const [, what = ''] = /(create|cancel|get)\.json/.exec(target) ?? [];
    if (what === 'create') return { body: { code: 200, data: { idRawExport: '77' } } };
    asked.push(what);
    return what === 'cancel' ? (left.shift() ?? missing) : look;
  };
  const { origin } = await serve(handler);
  const env = providerEnv('mytracker-raw', { baseUrl: origin, userId: '7', secretKey: 'hush-hush' });
  await cli.run(['start', ...RAW], { env });
  return {
    cancel: async () => await cli.run(['cancel', TARGET, '--progress', 'none'], { env }),
    asked: () => asked,
  };
}

async function endOf(cli: Cli): Promise<(string | undefined)[]> {
  const [only] = await entriesOf(cli);
  return [only?.entry.state, only?.entry.outcome];
}

describe('cancel', () => {
  it.for([
    ['refused', refused, saying('Canceled by user')],
    ['no longer found', missing, missing],
  ] as const)(
    'succeeds whose first request was heard, and whose second is %s',
    async ([, answer, look], { expect, cli }) => {
      const { cancel, asked } = await started(cli, [busy, answer], look);
      expect(await cancel()).toMatchObject({ exitCode: 0, stdout: 'cancelled\n' });
      expect(asked()).toEqual(['cancel', 'cancel', 'get']);
      expect(await endOf(cli)).toEqual(['finished', 'cancelled']);
    },
  );

  it.for([
    ['is complete', saying('Success!')],
    ['goes on', saying('In progress')],
    ['cannot be looked at', { status: 401 }],
  ] satisfies [string, Reply][])(
    'is refused where the export %s, after a retry too',
    async ([, look], { expect, cli }) => {
      const { cancel } = await started(cli, [busy, refused], look);
      const { exitCode, stdout, stderr } = await cancel();
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toContain('answered 400: can not be cancel');
      expect(await endOf(cli)).toEqual(['underway', undefined]);
    },
  );

  it('is refused without a look where nothing was heard before', async ({ expect, cli }) => {
    const { cancel, asked } = await started(cli, [refused], saying('Canceled by user'));
    expect(await cancel()).toMatchObject({ exitCode: 2 });
    expect(asked()).toEqual(['cancel']);
    expect(await endOf(cli)).toEqual(['underway', undefined]);
  });

  it('ends with 11 where the export is gone, which is noted', async ({ expect, cli }) => {
    const { cancel, asked } = await started(cli, [missing], missing);
    expect(await cancel()).toMatchObject({ exitCode: 11, stdout: '' });
    expect(asked()).toEqual(['cancel', 'get']);
    expect(await endOf(cli)).toEqual(['finished', 'gone']);
  });

  it('does not forget an export that is there, although the request is not', async ({ expect, cli }) => {
    const { cancel } = await started(cli, [missing], saying('In progress'));
    expect(await cancel()).toMatchObject({ exitCode: 11, stdout: '' });
    expect(await endOf(cli)).toEqual(['underway', undefined]);
  });

  it('asks nobody about what is finished', async ({ expect, cli }) => {
    const { cancel, asked } = await started(cli, [], missing);
    await changeEntry(cli, { state: 'finished', outcome: 'ready' });
    const { exitCode, stderr } = await cancel();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`${TARGET}: it is finished (ready): there is nothing to cancel`);
    expect(asked()).toEqual([]);
    // Some providers take it for leave to delete the files.
    await cli.run(['list', '--prune', TARGET]);
    await cancel();
    expect(asked()).toEqual(['cancel', 'get']);
  });

  it.for([
    ['payments', ['payments']],
    ['mytracker-raw', RAW],
  ] as const)(
    'says what to do about %s that may have been started',
    async ([what, args], { expect, cli, run, sandbox }) => {
      await cli.write('.exportpollrc', NAMED);
      await run(['start', ...args]);
      const { entry } = await changeEntry(cli, { state: 'starting', id: undefined, updatedAt: daysAgo(1) });
      const asked = sandbox.requests.length;
      const { exitCode, stderr } = await run(['cancel', what]);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`${what} may have been started at ${entry.updatedAt}, or not`);
      expect(stderr).toContain(`exportpoll start ${what === 'payments' ? what : `${what} …`} --id ID`);
      expect(stderr).toContain(`exportpoll list --prune ${what}`);
      expect(sandbox.requests).toHaveLength(asked);
    },
  );

  it('says where there is no way to how to be rid of what is known', async ({ expect, run }) => {
    const target = 'webadmit:86446/74786';
    const unknown = await run(['cancel', target]);
    expect([unknown.exitCode, unknown.stderr]).toEqual([
      2,
      expect.stringMatching(/has no way to cancel an export: it runs to its end\n$/),
    ]);
    await run(['watch', target, '--timeout', '1s']);
    const { stderr } = await run(['cancel', target]);
    expect(stderr).toContain(`to forget it here: exportpoll list --prune ${target}`);
    expect(await run(['list', '--prune', target])).toMatchObject({ exitCode: 0 });
  });
});
