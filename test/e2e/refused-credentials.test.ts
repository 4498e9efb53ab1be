import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { stringify } from 'yaml';
import { serve } from '../helpers/answers.ts';
import { it, providerEnv, sandboxEnv } from '../helpers/e2e.ts';

describe.concurrent('a missing credential', () => {
  const rows = [
    ['mytracker-raw:4', ['EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY', 'providers.mytracker-raw.secretKey']],
    ['mytracker-segment:1', ['EXPORTPOLL_MYTRACKER_SEGMENT_USER_ID', 'providers.mytracker-segment.userId']],
    ['webadmit:86446/74780', ['EXPORTPOLL_WEBADMIT_API_KEY', 'providers.webadmit.apiKey']],
    [
      'personium:CellExport_2017_01',
      [
        'EXPORTPOLL_PERSONIUM_TOKEN',
        'EXPORTPOLL_PERSONIUM_PASSWORD',
        'EXPORTPOLL_PERSONIUM_COOKIE',
        'providers.personium.token',
        'providers.personium.username',
      ],
    ],
    [
      'rebilly:exp_zip',
      [
        'EXPORTPOLL_REBILLY_API_KEY',
        'EXPORTPOLL_REBILLY_JWT',
        'providers.rebilly.apiKey',
        'EXPORTPOLL_REBILLY_ORGANIZATION',
      ],
    ],
  ] as const;
  it.for(rows)(
    'for %s ends with 78 and names what to set, without a request',
    async ([target, names], { expect, cli, sandbox }) => {
      const [provider = ''] = target.split(':');
      const { baseUrl = '' } = sandbox.accounts[provider as keyof typeof sandbox.accounts].variables;
      const result = await cli.run(['watch', target], { env: providerEnv(provider, { baseUrl }) });
      expect(result).toMatchObject({ exitCode: 78, stdout: '' });
      for (const name of names) expect(result.stderr).toContain(name);
      expect(sandbox.requests).toEqual([]);
    },
  );
});

describe('a credential that dies while many exports are waited for', () => {
  const EXPORTS = 12;
  const often = ['--interval', '100ms', '--max-interval', '200ms'];
  const targets = (provider: string): string[] =>
    Array.from(
      { length: EXPORTS },
      (_, index) => `${provider}:${provider === 'webadmit' ? '1/' : ''}${index + 1}`,
    );
  const printing = 'echo run >> runs; cat secret';

  it('is printed once more by its program, which is all that it takes', async ({ expect, cli }) => {
    let good = 'the-key-of-last-week';
    let accepted = 0;
    const { origin } = await serve((seen) => {
      if (seen.headers['x-api-key'] !== good) return { status: 401 };
      // Every export has been seen: from now on the key is another one.
      if ((accepted += 1) === EXPORTS) {
        good = 'the-key-of-this-week';
        writeFileSync(join(cli.directory, 'secret'), good);
      }
      return { body: { export_files: { status: accepted > EXPORTS ? 'Empty List' : 'In Progress' } } };
    });
    await cli.write('secret', good);
    const account = { baseUrl: origin, apiKey: { command: ['sh', '-c', printing] } };
    await cli.write('mine.yaml', stringify({ providers: { webadmit: account } }));
    const result = await cli.run(['watch', '--config', 'mine.yaml', ...often, ...targets('webadmit')]);
    expect(result).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(cli.directory, 'runs'), 'utf8')).toBe('run\nrun\n');
  });

  it('is final when its program goes on to print what is refused', async ({ expect, cli, sandbox }) => {
    const { baseUrl = '', userId = '' } = sandbox.accounts['mytracker-raw'].variables;
    const account = { baseUrl, userId, secretKey: { command: ['sh', '-c', `${printing}; wc -l < runs`] } };
    await cli.write('secret', 'never-the-right-one ');
    await cli.write('mine.yaml', stringify({ providers: { 'mytracker-raw': account } }));
    const result = await cli.run(['watch', '--config', 'mine.yaml', ...targets('mytracker-raw')]);
    expect(result).toMatchObject({ exitCode: 77 });
    expect(await readFile(join(cli.directory, 'runs'), 'utf8')).toBe('run\nrun\n');
    expect(sandbox.requests.length).toBeLessThanOrEqual(2 * EXPORTS);
  });

  it('is renewed for a 403 of MyTracker, which has no 401', async ({ expect, cli, sandbox }) => {
    const { baseUrl = '', userId = '', secretKey = '' } = sandbox.accounts['mytracker-raw'].variables;
    const script = `if [ -e runs ]; then cat secret; else echo the-key-of-last-week; fi; echo run >> runs`;
    const account = { baseUrl, userId, secretKey: { command: ['sh', '-c', script] } };
    await cli.write('secret', secretKey);
    await cli.write('mine.yaml', stringify({ providers: { 'mytracker-raw': account } }));
    const result = await cli.run(['status', '--config', 'mine.yaml', 'mytracker-raw:4']);
    expect(result).toMatchObject({ stdout: 'running\n' });
    expect(sandbox.requests).toMatchObject([{ status: 403 }, { status: 200 }]);
  });
});

describe.concurrent('a wrong credential', () => {
  const rows = [
    ['mytracker-raw:4', { secretKey: 'not-the-secret-key-of-it' }],
    ['mytracker-segment:1', { secretKey: 'not-the-secret-key-of-it' }],
    ['webadmit:86446/74780', { apiKey: 'ffffffffffffffffffffffffffffffff' }],
    ['personium:CellExport_2017_01', { token: 'AA~not-the-token' }],
    ['personium:CellExport_2017_01', { token: '', username: 'me', password: 'not-the-password' }],
    ['rebilly:exp_zip', { apiKey: 'sk_not_the_key' }],
    ['rebilly:exp_zip', { apiKey: '', jwt: 'not.the.jwt' }],
  ] as const;
  it.for(rows)(
    'for %s (%o) ends with 77 after at most three requests',
    async ([target, wrong], { expect, cli, sandbox }) => {
      const [provider = ''] = target.split(':');
      const env = { ...sandboxEnv(sandbox), ...providerEnv(provider, wrong) };
      const result = await cli.run(['watch', target], { env });
      expect(result, result.stderr).toMatchObject({ exitCode: 77, stdout: '' });
      expect(result.stderr).toMatch(/40[0-3]/);
      expect(result.stderr).toMatch(/exportpoll config|credential|password/);
      for (const value of Object.values(wrong))
        if (value.length > 2) expect(result.stderr).not.toContain(value);
      expect(sandbox.requests.length).toBeGreaterThan(0);
      expect(sandbox.requests.length).toBeLessThanOrEqual(3);
    },
  );
});
