import { rm, writeFile } from 'node:fs/promises';

import { describe } from 'vitest';
import { stringify } from 'yaml';

import { serve as answering, type Handler, type Seen } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';
import type { Cli } from '../helpers/run-cli.ts';
import { CUSTOMERS, entriesIn, ledgerIn, promptRebilly, RAW, rawEnv, rebillyEnv } from './start-world.ts';

const CREATED = { body: { code: 200, message: 'Ok', data: { idRawExport: '7' } } };
const DIES: Handler = (_seen, response) => void response.destroy();

function posts(seen: readonly Seen[]): number {
  return seen.filter(({ method }) => method === 'POST').length;
}

async function rebillyConfig(cli: Cli): Promise<string> {
  return await cli.write(
    'config.yaml',
    stringify({
      providers: { rebilly: { profile: promptRebilly() } },
      exports: { it: { provider: 'rebilly', start: CUSTOMERS } },
    }),
  );
}

describe('a start that is redirected', () => {
  const further: [string, Handler][] = [
    ['404', () => ({ status: 404, body: { code: 404, message: 'Not Found' } })],
    ['403', () => ({ status: 403, body: { code: 403, message: 'Forbidden' } })],
    ['401', () => ({ status: 401, body: { code: 401, message: 'Unauthorized' } })],
    ['429', () => ({ status: 429, headers: { 'retry-after': '0' }, body: { code: 429 } })],
    ['400', () => ({ status: 400, body: { code: 400, message: 'Bad Request' } })],
    ['a connection that breaks', DIES],
    ['a redirect to nowhere', () => ({ status: 302, headers: { location: 'ftp://x/' } })],
    ['redirects without an end', () => ({ status: 302, headers: { location: '/on' } })],
    ['a page', () => ({ body: '<html>Sign in</html>' })],
  ];
  it.for(further.flatMap((next) => [302, 307].map((status) => [status, ...next] as const)))(
    'by %i may have been heard by who redirects, whatever follows: %s',
    async ([status, , handler], { expect, cli }) => {
      const { origin, seen } = await answering((one, response) =>
        one.target.startsWith('/on') ? handler(one, response) : { status, headers: { location: '/on' } },
      );
      const args = ['start', ...RAW, '--retries', '2'];
      const { exitCode, stderr } = await cli.run(args, { env: rawEnv(origin) });
      expect([exitCode, seen.filter(({ target }) => !target.startsWith('/on')).length]).toEqual([2, 1]);
      expect(stderr).toMatch(/may have been started at /);
      expect((await entriesIn(cli)).map(({ entry }) => entry.state)).toEqual(['starting']);
    },
  );

  it.for([302, 303, 307])(
    'to another origin by %i takes nothing there, and may have been heard',
    async (status, { expect, cli }) => {
      const other = await answering(() => CREATED);
      const { origin, seen } = await answering(() => ({
        status,
        headers: { location: `${other.origin}/on` },
      }));
      const args = ['start', ...RAW, '--retries', '2'];
      const { exitCode, stderr } = await cli.run(args, { env: rawEnv(origin) });
      expect([exitCode, seen.length, other.seen.length]).toEqual([2, 1, 0]);
      expect(stderr).toMatch(/may have been started at .*redirect to another origin/);
    },
  );

  it('to another origin is told with what to do about it, also where it is looked for', async ({
    expect,
    cli,
  }) => {
    const other = await answering(() => CREATED);
    const { origin } = await answering(({ method }) =>
      method === 'GET' ? { body: [] } : { status: 307, headers: { location: `${other.origin}/on` } },
    );
    const args = ['start', 'it', '--config', await rebillyConfig(cli), '--retries', '0'];
    const { exitCode, stderr } = await cli.run(args, { env: rebillyEnv(origin) });
    expect([exitCode, other.seen.length]).toEqual([75, 0]);
    expect(stderr).toMatch(/redirect to another origin/);
    expect(stderr).toMatch(/exportpoll start it .*--id ID; .*exportpoll start it .*--again/);
  });

  it('and answered there is as good as any', async ({ expect, cli }) => {
    const { origin, seen } = await answering(({ target }) =>
      target === '/on' ? CREATED : { status: 307, headers: { location: '/on' } },
    );
    const { exitCode, stdout } = await cli.run(['start', ...RAW], { env: rawEnv(origin) });
    expect([exitCode, stdout, seen.length]).toEqual([0, 'mytracker-raw:7\n', 2]);
  });

  it('is looked up where it can be', async ({ expect, cli }) => {
    let listed: object[] = [];
    const { origin, seen } = await answering(({ method, target }) => {
      if (target === '/on') return { status: 404 };
      if (method === 'GET') return { body: listed };
      listed = [{ ...CUSTOMERS, id: 'exp_1' }];
      return { status: 303, headers: { location: '/on' } };
    });
    const args = ['start', 'it', '--config', await rebillyConfig(cli)];
    const { exitCode, stdout } = await cli.run(args, { env: rebillyEnv(origin) });
    expect([exitCode, stdout, posts(seen)]).toEqual([0, 'rebilly:exp_1\n', 1]);
  });
});

describe('a start that is accepted without an id', () => {
  it.for([
    ['none', { status: 201, body: {} }],
    ['one that is none', { status: 201, body: { id: 'a b/c' } }],
    ['a page', { status: 200, body: '<html>Thank you</html>' }],
    ['our own key', { status: 201, body: { id: 'hush-hush-hush' } }],
    ['nothing', { status: 204 }],
  ] as const)(
    'is never made again where no new export is listed, not by the next run either: %s',
    async ([, reply], { expect, cli }) => {
      const { origin, seen } = await answering(({ method }) => (method === 'GET' ? { body: [] } : reply));
      const config = await rebillyConfig(cli);
      const args = ['start', 'it', '--config', config, '--retries', '2', '--output', 'my data'];
      for (const run of ['the first', 'the next']) {
        const { exitCode, stdout, stderr } = await cli.run(args, { env: rebillyEnv(origin) });
        expect([exitCode, posts(seen)], run).toEqual([2, 1]);
        expect(stderr, run).toMatch(/may have been started at /);
        const written = (await entriesIn(cli)).map(({ entry }) => JSON.stringify(entry)).join('');
        expect(`${stdout}${stderr}${written}`, run).not.toContain('hush-hush-hush');
        const flags = `--config ${config} --output '${cli.directory}/my data'`;
        expect(stderr, run).toContain(`If it is there: exportpoll start it ${flags} --id ID; if not:`);
        expect(stderr, run).toContain(`exportpoll start it ${flags} --again`);
      }
    },
  );

  it('is found where it is listed', async ({ expect, cli }) => {
    let listed: object[] = [];
    const { origin, seen } = await answering(({ method }) => {
      if (method === 'GET') return { body: listed };
      listed = [{ ...CUSTOMERS, id: 'exp_1' }];
      return { status: 201, body: {} };
    });
    const args = ['start', 'it', '--config', await rebillyConfig(cli)];
    const { exitCode, stdout } = await cli.run(args, { env: rebillyEnv(origin) });
    expect([exitCode, stdout, posts(seen)]).toEqual([0, 'rebilly:exp_1\n', 1]);
  });
});

describe('a start whose id cannot be noted', () => {
  it('names it, and ends with 74', async ({ expect, cli }) => {
    let pending: Promise<void> | undefined;
    const { origin, seen } = await answering((_seen, response) => {
      pending = (async () => {
        await rm(ledgerIn(cli), { recursive: true });
        await writeFile(ledgerIn(cli), '');
        response.end(JSON.stringify(CREATED.body));
      })();
      return undefined;
    });
    const { exitCode, stdout, stderr } = await cli.run(['start', ...RAW], { env: rawEnv(origin) });
    await pending;
    expect([exitCode, stdout, seen.length]).toEqual([74, '', 1]);
    expect(stderr).toMatch(
      /mytracker-raw:7 was started, but that cannot be noted: .*exportpoll watch mytracker-raw:7 goes on/s,
    );
    expect(stderr).not.toContain('--output');
  });
});
