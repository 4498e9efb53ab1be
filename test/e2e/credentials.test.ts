import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { describe, vi } from 'vitest';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, it, providerEnv, sandboxEnv } from '../helpers/e2e.ts';
import { startScriptedServer } from '../helpers/scripted-server.ts';

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

describe.concurrent('config --check', () => {
  it.for([...builtinNames])(
    'asks %s once, changes nothing, and says that the credential is accepted',
    async (provider, { expect, run, sandbox }) => {
      const { exitCode, stdout } = await run(['config', '--check', provider]);
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`^check ${provider} +accepted +\\(GET ${sandbox.apiUrl}/`, 'm'));
      expect(sandbox.requests).toMatchObject([{ method: 'GET', status: 200 }]);
    },
  );

  it.for([
    ['mytracker-raw', { secretKey: 'not-the-secret-key-of-it' }],
    ['mytracker-segment', { secretKey: 'not-the-secret-key-of-it' }],
    ['webadmit', { apiKey: 'ffffffffffffffffffffffffffffffff' }],
    ['personium', { token: 'AA~not-the-token' }],
    ['personium', { token: '', username: 'me', password: 'not-the-password' }],
    ['rebilly', { apiKey: 'sk_not_the_key' }],
  ] as const)('ends with 77 where %s refuses %o', async ([provider, wrong], { expect, cli, sandbox }) => {
    const env = { ...sandboxEnv(sandbox), ...providerEnv(provider, wrong) };
    const { exitCode, stdout, stderr } = await cli.run(['config', '--check', provider], { env });
    expect(exitCode).toBe(77);
    expect(stdout).toMatch(new RegExp(`^check ${provider} +refused`, 'm'));
    expect(stderr).toMatch(/answered 40[13]|HTTP 400/);
    const json = await cli.run(['config', '--check', provider, '--json'], { env });
    expect(json.exitCode).toBe(77);
    expect(JSON.parse(json.stdout)).toMatchObject({ check: { provider, accepted: false, exitCode: 77 } });
    for (const value of Object.values(wrong).filter((value) => value.length > 2))
      expect(cli.printed()).not.toContain(value);
  });

  it('asks nothing while something is wrong with the configuration', async ({ expect, cli, sandbox }) => {
    await cli.write('.exportpollrc', 'outptu: x');
    const checked = await cli.run(['config', '--check', 'webadmit'], { env: sandboxEnv(sandbox) });
    expect(checked).toMatchObject({ exitCode: 78, stderr: expect.stringContaining('outptu') });
    expect(sandbox.requests).toEqual([]);
  });

  it('says what is missing', async ({ expect, cli }) => {
    const checked = await cli.run(['config', '--check', 'webadmit']);
    expect(checked).toMatchObject({ exitCode: 78, stderr: expect.stringContaining('needs apiKey') });
  });

  it('has a web page in the place of the API for no approval', async ({ expect, cli, serve }) => {
    const page = await startScriptedServer();
    page.fault = () => ({ status: 200, body: '<html>Please sign in</html>' });
    await serve();
    const env = providerEnv('webadmit', { baseUrl: page.origin, apiKey: 'some-api-key' });
    const checked = await cli.run(['config', '--check', 'webadmit'], { env });
    await page.close();
    expect(checked).toMatchObject({ exitCode: 76, stderr: expect.stringContaining('not JSON') });
  });

  it('says so where the profile has no harmless request', async ({ expect, cli }) => {
    const profile = builtinText('webadmit').replace(/^check:\n.*\n/m, '');
    await cli.write('own.yaml', profile);
    await cli.write('.exportpollrc', 'providers: { own: { profile: own.yaml, apiKey: some-api-key } }');
    const checked = await cli.run(['config', '--check', 'own']);
    expect(checked).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no harmless request') });
    expect(await cli.run(['config', '--check', 'onw'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('did you mean "own"'),
    });
  });

  it('works with the sandbox', async ({ expect, cli }) => {
    const { exitCode, stdout } = await cli.run(['config', '--sandbox', '--check', 'rebilly']);
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/accepted/) });
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
