import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';
import { stringify } from 'yaml';

import { serve as answering } from '../helpers/answers.ts';
import { it, sandboxEnv } from '../helpers/e2e.ts';
import { changeEntries, CUSTOMERS, entriesIn, promptRebilly, RAW, rebillyEnv } from './start-world.ts';

describe('an id that the provider answers a start with', () => {
  it.for([
    ['two dots', '..', undefined],
    ['a dot', '.', undefined],
    ['a long text', 'a'.repeat(10_000), '[^]+'],
    ['steps', '../../etc', '[^]+'],
  ] as const)('that no TARGET could have is none: %s', async ([, id, pattern], { expect, cli }) => {
    const { origin, seen } = await answering(({ method }) =>
      method === 'GET' ? { body: [] } : { status: 201, body: { id } },
    );
    const config = await cli.write(
      'config.yaml',
      stringify({
        providers: { rebilly: { profile: promptRebilly(pattern) } },
        exports: { it: { provider: 'rebilly', start: CUSTOMERS } },
      }),
    );
    const args = ['start', 'it', '--config', config, '--retries', '2'];
    const { exitCode, stdout, stderr } = await cli.run(args, { env: rebillyEnv(origin) });
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/may have been started at /);
    expect(seen.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect((await entriesIn(cli)).map(({ entry: { state, id } }) => [state, id])).toEqual([
      ['starting', undefined],
    ]);
  });
});

describe('an entry of the ledger that nobody can go on with', () => {
  const CONFIG = `
exports:
  payments: { provider: mytracker-raw, start: { event: payments, selectors: idDevice } }
  old: { provider: webadmit, id: 86446/74780 }
`;

  it.for([['watch'], ['download'], ['status']])(
    'because of its id is told, and the others go on: %s',
    async ([command = ''], { expect, cli, run }) => {
      await cli.write('.exportpollrc', CONFIG);
      await run(['start', ...RAW]);
      await changeEntries(cli, () => ({ id: '..' }));
      await run(['start', 'payments']);
      await run(['watch', 'payments', '-q']);
      await run(['watch', 'old', '-q']);
      const { exitCode, stdout, stderr } = await run([command]);
      expect(exitCode).toBe(0);
      expect(stdout).not.toBe('');
      const [, word = ''] =
        /mytracker-raw:\.\. is left out: "\.\." is not an id of mytracker-raw\. To forget it: exportpoll list --prune (\S+)\n/.exec(
          stderr,
        ) ?? [];
      expect(word).toBe('mytracker-raw:..');
      expect(await run(['list', '--prune', word])).toMatchObject({ exitCode: 0 });
      expect((await entriesIn(cli)).some(({ entry }) => entry.id === '..')).toBe(false);
    },
  );

  it('because of its id is told by who names its export', async ({ expect, cli, run, sandbox }) => {
    await cli.write('.exportpollrc', CONFIG);
    await run(['start', 'payments']);
    await changeEntries(cli, () => ({ id: 'x'.repeat(10_000) }));
    const watched = await run(['watch', 'payments']);
    expect(watched.exitCode).toBe(2);
    expect(watched.stderr).toMatch(
      /"x{64}…" is not an id of mytracker-raw[^]*exportpoll start payments --again/,
    );
    const started = await run(['start', 'payments']);
    expect([started.exitCode, sandbox.started.length]).toEqual([2, 1]);
    expect(started.stderr).toMatch(/is not an id of mytracker-raw[^]*exportpoll start payments --again/);
    expect((await run(['start', 'payments', '--again'])).exitCode).toBe(0);
    expect(sandbox.started).toHaveLength(2);
  });

  it('because its provider has gone is told, and the others go on', async ({ expect, cli, sandbox }) => {
    const env = sandboxEnv(sandbox);
    const { baseUrl, userId } = sandbox.accounts['mytracker-raw'].variables;
    await mkdir(join(cli.home, 'xdg-config', 'exportpoll'), { recursive: true });
    await cli.write(
      '../xdg-config/exportpoll/config.yaml',
      stringify({
        providers: {
          nursing: {
            use: 'mytracker-raw',
            baseUrl,
            userId,
            secretKey: '${EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY}',
          },
        },
      }),
    );
    const started = await cli.run(['start', 'nursing', ...RAW.slice(1)], { env });
    expect(started).toMatchObject({ exitCode: 0 });
    await cli.write('../xdg-config/exportpoll/config.yaml', CONFIG);
    const { exitCode, stdout, stderr } = await cli.run(['watch'], { env });
    expect(exitCode).toBe(0);
    expect(stdout).not.toBe('');
    expect(stderr).toMatch(
      /nursing:\d+ is left out: nursing is not configured as it was\. To forget it: exportpoll list --prune nursing:\d+\n/,
    );
  });
});
