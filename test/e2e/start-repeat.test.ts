import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';

import { it } from '../helpers/e2e.ts';
import { changeEntries, RAW } from './start-world.ts';

const DATED = [...RAW, '--param', 'dateFrom={yesterday}', '--param', 'dateTo={yesterday}'];
const CONFIG = `
exports:
  payments:
    provider: mytracker-raw
    output: out
    start: { event: payments, selectors: idDevice, dateFrom: '{yesterday}', dateTo: '{yesterday}' }
`;

describe('a start of what is finished and here', () => {
  it.for([
    ['a named export', ['payments']],
    ['parameters', DATED],
  ] as const)(
    'with a date in its parameters is none: it prints the same, without a request: %s',
    async ([, order], { expect, cli, run, sandbox }) => {
      await cli.write('.exportpollrc', CONFIG);
      const first = await run(['start', ...order, '--watch', '-q']);
      expect(first.exitCode).toBe(0);
      expect(first.stdout).toMatch(/\.csv\n/);
      const asked = sandbox.requests.length;
      const second = await run(['start', ...order, '--watch', '-q']);
      expect(second.exitCode).toBe(0);
      // Whichever file comes first is printed first.
      expect(second.stdout.split('\n').sort()).toEqual(first.stdout.split('\n').sort());
      const target = await run(['start', ...order, '-q']);
      expect(target).toMatchObject({ exitCode: 0, stdout: `mytracker-raw:${sandbox.started[0]?.id}\n` });
      expect(sandbox.requests).toHaveLength(asked);
      expect((await run(['start', ...order, '--watch', '-q', '--again'])).exitCode).toBe(0);
      expect(sandbox.started).toHaveLength(2);
    },
  );

  it('with --force is downloaded again, and not started again', async ({ expect, cli, run, sandbox }) => {
    await cli.write('.exportpollrc', CONFIG);
    const first = await run(['start', 'payments', '--watch', '-q']);
    const files = (): number => sandbox.requests.filter(({ url }) => url.includes('.csv')).length;
    const fetched = files();
    const second = await run(['start', 'payments', '--watch', '-q', '--force']);
    expect(second.exitCode).toBe(0);
    expect(second.stdout.split('\n').sort()).toEqual(first.stdout.split('\n').sort());
    expect(sandbox.started).toHaveLength(1);
    expect(files()).toBeGreaterThan(fetched);
  });

  it('without a date asks for it as it is now', async ({ expect, run, sandbox }) => {
    for (const _ of [1, 2]) expect((await run(['start', ...RAW, '--watch', '-q'])).exitCode).toBe(0);
    expect(sandbox.started).toHaveLength(2);
  });

  it.for<[string, readonly string[], { gone?: RegExp; entry?: object }]>([
    ['a file of which is gone', [], { gone: /\.csv$/ }],
    ['whose manifest is gone', [], { gone: /manifest/ }],
    ['that is to be elsewhere', ['--output', 'elsewhere'], {}],
    ['that failed', [], { entry: { outcome: 'failed' } }],
    ['that was cancelled', [], { entry: { outcome: 'cancelled' } }],
    ['that is gone', [], { entry: { outcome: 'gone' } }],
    ['that was for another day', [], { entry: { parameters: 'others' } }],
  ])('%s is a new one', async ([, flags, { gone, entry }], { expect, cli, run, sandbox }) => {
    await cli.write('.exportpollrc', CONFIG);
    expect((await run(['start', 'payments', '--watch', '-q'])).exitCode).toBe(0);
    for (const name of await cli.files()) if (gone?.test(name) === true) await rm(join(cli.directory, name));
    await changeEntries(cli, () => entry);
    expect((await run(['start', 'payments', '--watch', '-q', ...flags])).exitCode).toBe(0);
    expect(sandbox.started).toHaveLength(2);
  });
});
