import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { describe, vi } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, it, providerEnv, sandboxEnv } from '../helpers/e2e.ts';

const ARCHIVE = 'CellExport_2017_01.zip';
const WATCH_CELL = ['watch', 'personium:CellExport_2017_01', '--interval', '100ms'];

describe.concurrent('the credentials of Personium', () => {
  it.for([
    ['a token', ['token']],
    ['username and password', ['username', 'password']],
    ['a cookie and its peer', ['cookie', 'cookiePeer']],
  ] as const)('may be %s', async ([, names], { expect, cli, sandbox }) => {
    const env = personiumEnv(sandbox, names);
    expect(await cli.run(WATCH_CELL, { env })).toMatchObject({ exitCode: 0 });
    const bytes = await readFile(join(cli.directory, ARCHIVE));
    expect(bytes.equals(await expectedBytes(sandbox, 'personium', 'CellExport_2017_01', ARCHIVE))).toBe(true);
    const asked = tokenRequests(sandbox);
    expect(asked).toHaveLength(names[0] === 'username' ? 1 : 0);
  });

  it('give another token when the one they gave has expired', async ({ expect, cli, serve }) => {
    let elapsedMs = 0;
    const sandbox = await serve({ durationMs: 3_000_000, now: () => Date.now() + elapsedMs });
    const running = cli.start(WATCH_CELL, { env: personiumEnv(sandbox, ['username', 'password']) });
    await vi.waitFor(
      () =>
        expect(
          sandbox.requests.filter(({ url, status }) => url === '/cell1/__export' && status === 200),
        ).not.toEqual([]),
      { timeout: 10_000, interval: 10 },
    );
    // Now the token, which lives for an hour, is dead, and the export is done.
    elapsedMs = 2 * 60 * 60 * 1000;
    expect(await running.result).toMatchObject({ exitCode: 0 });
    expect(sandbox.requests.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(tokenRequests(sandbox)).toHaveLength(2);
    expect(await cli.files()).toContain(ARCHIVE);
  });
});

describe.concurrent('the credentials of Rebilly', () => {
  it.for([
    ['exp_redirect', 'apiKey', 'reb-apikey'],
    ['exp_redirect', 'jwt', 'authorization'],
    ['exp_download', 'jwt', 'authorization'],
  ] as const)(
    'for %s may be %s, and stay at the API',
    async ([id, name, header], { expect, cli, sandbox }) => {
      const { variables, credentials } = sandbox.accounts.rebilly;
      const { apiKey: _, ...rest } = variables;
      const env = providerEnv('rebilly', { ...rest, [name]: credentials[name] ?? '' });
      const result = await cli.run(['watch', `rebilly:${id}`, '--interval', '100ms'], { env });
      expect(result).toMatchObject({ exitCode: 0 });
      const file = id === 'exp_redirect' ? 'invoices.csv' : 'transactions.csv';
      const bytes = await readFile(join(cli.directory, file));
      expect(bytes.equals(await expectedBytes(sandbox, 'rebilly', id, file))).toBe(true);
      const [api, store] = (['api', 'store'] as const).map((place) =>
        sandbox.requests.filter(({ origin }) => origin === place),
      );
      expect(api?.every(({ headers }) => headers[header] !== undefined)).toBe(true);
      expect(store).toHaveLength(id === 'exp_redirect' ? 1 : 0);
    },
  );
});

describe.concurrent('a secret', () => {
  const rows: readonly (readonly [what: string, value: unknown])[] = [
    ['from the environment, by name', '${KEY_OF_MINE}'],
    ['in a file', { file: 'secret.txt' }],
    ['that a program prints', { command: ['cat', 'secret.txt'] }],
  ];
  it.for(rows)('may be one %s', async ([, value], { expect, cli, sandbox }) => {
    const { baseUrl = '', apiKey = '' } = sandbox.accounts.webadmit.variables;
    await cli.write('secret.txt', `${apiKey}\n`);
    await cli.write('mine.yaml', stringify({ providers: { webadmit: { baseUrl, apiKey: value } } }));
    const env = { KEY_OF_MINE: apiKey, EXPORTPOLL_INTERVAL: '100ms' };
    const result = await cli.run(['watch', '--config', 'mine.yaml', 'webadmit:86446/74780'], { env });
    expect(result).toMatchObject({ exitCode: 0 });
  });

  it('that a program prints is asked for again when it is refused', async ({ expect, cli, sandbox }) => {
    const { baseUrl = '', apiKey = '' } = sandbox.accounts.webadmit.variables;
    // Prints a key that has been replaced, and from then on the new one.
    await cli.write('secret.txt', apiKey);
    const script = 'if [ -e asked ]; then cat secret.txt; else touch asked; echo the-key-of-last-week; fi';
    const account = { baseUrl, apiKey: { command: ['sh', '-c', script] } };
    await cli.write('mine.yaml', stringify({ providers: { webadmit: account } }));
    const env = { EXPORTPOLL_INTERVAL: '100ms' };
    const result = await cli.run(['watch', '--config', 'mine.yaml', 'webadmit:86446/74780'], { env });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(sandbox.requests.filter(({ status }) => status === 401)).toHaveLength(1);
  });
});

describe.concurrent('a second account of a built-in profile', () => {
  it('has its own credentials, also in the environment', async ({ expect, cli, sandbox }) => {
    const { baseUrl = '', apiKey = '' } = sandbox.accounts.webadmit.variables;
    await cli.write('mine.yaml', stringify({ providers: { nursing: { use: 'webadmit' } } }));
    const env = { ...sandboxEnv(sandbox), ...providerEnv('webadmit', { apiKey: 'not-this-one' }) };
    const nursing = providerEnv('nursing', { baseUrl, apiKey });
    const args = ['watch', '--config', 'mine.yaml', 'nursing:86446/74780'];
    expect(await cli.run(args, { env: { ...env, ...nursing } })).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toContain('nursing-86446-74780.manifest.json');
  });
});

function personiumEnv(
  { accounts: { personium } }: Sandbox,
  names: readonly string[],
): Record<string, string> {
  const chosen = names.map((name) => [name, personium.credentials[name] ?? ''] as const);
  return providerEnv('personium', {
    baseUrl: personium.variables['baseUrl'] ?? '',
    ...Object.fromEntries(chosen),
  });
}

function tokenRequests({ requests }: Sandbox): object[] {
  return requests.filter(({ method, url }) => method === 'POST' && url === '/cell1/__token');
}
