import { describe } from 'vitest';
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
      expect(result).toMatchObject({ exitCode: 77, stdout: '' });
      expect(result.stderr).toMatch(/40[0-3]/);
      expect(result.stderr).toMatch(/exportpoll config|credential|password/);
      for (const value of Object.values(wrong))
        if (value.length > 2) expect(result.stderr).not.toContain(value);
      expect(sandbox.requests.length).toBeGreaterThan(0);
      expect(sandbox.requests.length).toBeLessThanOrEqual(3);
    },
  );
});
