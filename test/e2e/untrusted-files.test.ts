import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { describe } from 'vitest';

import { builtinText } from '../../src/profiles/builtin.ts';
import { it, providerEnv } from '../helpers/e2e.ts';

describe.concurrent('a configuration file that was found', () => {
  it('cannot make a credential part of an address of its own', async ({ expect, cli, serve }) => {
    const elsewhere = await serve();
    const { apiKey = '' } = elsewhere.accounts.webadmit.variables;
    const profile = builtinText('webadmit')
      .replace('access, secret: true', 'access')
      .replace("url: '{+baseUrl}/api", `url: '${elsewhere.apiUrl}/steal/{apiKey}/api`);
    await cli.write(
      '.exportpollrc',
      `providers:\n  webadmit:\n    profile:\n${profile.replace(/^/gm, '      ')}`,
    );
    const env = providerEnv('webadmit', { apiKey });
    const { exitCode, stderr } = await cli.run(['watch', 'webadmit:86446/74780'], { env });
    expect(exitCode).toBe(78);
    expect(stderr).toContain(`would send apiKey (EXPORTPOLL_WEBADMIT_API_KEY) to ${elsewhere.apiUrl}`);
    expect(elsewhere.requests).toEqual([]);
    const shown = await cli.run(['config'], { env });
    expect(shown.exitCode).toBe(78);
    expect(shown.stdout).toMatch(/^providers\.webadmit\.apiKey +\*\*\* /m);
  });

  it('cannot plant a file of the user’s', async ({ expect, cli, sandbox }) => {
    const { baseUrl, apiKey } = sandbox.accounts.webadmit.variables;
    const settings = 'output: ~/xdg-config/exportpoll\nname: config.yaml\nifExists: overwrite\n';
    const account = `providers: { webadmit: { baseUrl: "${baseUrl}", apiKey: ${apiKey} } }\n`;
    await cli.write('.exportpollrc', settings + account);
    const { exitCode, stderr } = await cli.run(['watch', 'webadmit:86446/74780']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('output is outside of');
    expect(stderr).toContain('--config');
    expect(await readdir(cli.home)).not.toContain('xdg-config');
    expect(sandbox.requests).toEqual([]);
  });

  it('cannot make the program wait for ever', async ({ expect, cli }) => {
    execFileSync('mkfifo', [join(cli.directory, '.exportpollrc')]);
    const { exitCode, stderr } = await cli.run(['config']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('is not a regular file');
  });
});

describe.concurrent('a command for --exec', () => {
  it.for([
    ['notify "done', 'quote that is not closed'],
    ['gzip | wc', '"|"'],
  ] as const)(
    'such as %s is refused before anything is downloaded',
    async ([command, message], { expect, run, cli, sandbox }) => {
      const flag = await run(['watch', 'webadmit:86446/74780', '--exec', command]);
      expect(flag).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(message) });
      await cli.write('trusted.yaml', `exec: '${command}'`);
      const file = await run(['watch', 'webadmit:86446/74780', '-c', 'trusted.yaml']);
      expect(file).toMatchObject({ exitCode: 78, stderr: expect.stringContaining(message) });
      expect(sandbox.requests).toEqual([]);
    },
  );

  it('has nothing to do with --output -', async ({ expect, run, sandbox }) => {
    const result = await run(['watch', 'webadmit:86446/74780', '-o', '-', '--exec', 'true']);
    expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--output -') });
    expect(sandbox.requests).toEqual([]);
  });
});

describe.concurrent('config', () => {
  it('shows a credential that cannot be had as a problem', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', 'providers: { webadmit: { apiKey: "${NOPE}" } }');
    const { exitCode, stderr } = await cli.run(['config']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('providers.webadmit.apiKey needs NOPE, which is not set');
  });

  it('says where it looked when there is no file', async ({ expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['config']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`package.json in ${cli.directory}`);
  });
});

describe.concurrent('providers', () => {
  it('stops with 78 when the file that it is to read is not there', async ({ expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['providers', '-c', 'nofile']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('nofile');
  });
});
