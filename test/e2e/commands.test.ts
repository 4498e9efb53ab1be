import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { parseProfile } from '../../src/profiles/load.ts';
import { it, sandboxEnv } from '../helpers/e2e.ts';

describe.concurrent('providers', () => {
  it('lists the built-in and the configured ones, each with an example', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', 'providers: { nursing: { use: webadmit } }');
    const { exitCode, stdout } = await cli.run(['providers']);
    expect(exitCode).toBe(0);
    const names = stdout.split('\n').flatMap((line) => line.split(/ +/)[0] || []);
    expect(names.sort()).toEqual([...builtinNames, 'nursing'].sort());
    expect(stdout).toContain('webadmit:86446/74780');
  });

  it('lists them as JSON with --json', async ({ expect, cli }) => {
    const { exitCode, stdout } = await cli.run(['providers', '--json']);
    expect(exitCode).toBe(0);
    const rows = JSON.parse(stdout) as { name: string }[];
    expect(rows.map(({ name }) => name).sort()).toEqual([...builtinNames].sort());
  });

  it.for([...builtinNames])('prints %s as a profile to start from', async (name, { expect, cli }) => {
    const yaml = await cli.run(['providers', name]);
    expect(yaml.exitCode).toBe(0);
    const profile = parseProfile(yaml.stdout, 'stdout');
    expect(profile.name).toBe(name);
    const json = await cli.run(['providers', name, '--json']);
    expect(JSON.parse(json.stdout)).toEqual(profile);
  });

  it('ends with 2 for one that nobody knows, and names the nearest', async ({ expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['providers', 'rebily']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('did you mean "rebilly"');
  });

  it('prints what works as a profile of one’s own', async ({ expect, cli, sandbox }) => {
    await cli.write('mine.profile.yaml', (await cli.run(['providers', 'webadmit'])).stdout);
    const { baseUrl, apiKey } = sandbox.accounts.webadmit.variables;
    const account = `{ profile: mine.profile.yaml, baseUrl: "${baseUrl}", apiKey: ${apiKey} }`;
    await cli.write('.exportpollrc', `providers: { mine: ${account} }`);
    const result = await cli.run(['watch', 'mine:86446/74780', '--interval', '100ms']);
    expect(result).toMatchObject({ exitCode: 0 });
  });
});

describe.concurrent('config', () => {
  const file = 'output: ./exports\nproviders:\n  webadmit: { apiKey: key-in-the-file }\n';

  it('shows each value with its source, secrets masked', async ({ expect, cli }) => {
    const path = await cli.write('.exportpollrc', file);
    const env = { EXPORTPOLL_REBILLY_API_KEY: 'key-in-the-environment', EXPORTPOLL_INTERVAL: '7s' };
    const { exitCode, stdout, stderr } = await cli.run(['config', '--retries', '3'], { env });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const line = (key: string) => stdout.split('\n').find((row) => row.startsWith(`${key} `));
    expect(line('output')).toMatch(`${cli.directory}/exports  (${path})`);
    expect(line('interval')).toMatch(/7s +\(env EXPORTPOLL_INTERVAL\)/);
    expect(line('retries')).toMatch(/3 +\(flag --retries\)/);
    expect(line('concurrency')).toMatch(/4 +\(default\)/);
    expect(line('providers.webadmit.apiKey')).toContain(path);
    expect(line('providers.rebilly.apiKey')).toContain('EXPORTPOLL_REBILLY_API_KEY');
    expect(stdout).not.toMatch(/key-in-the/);
  });

  it('is JSON with --json, secrets masked', async ({ expect, cli }) => {
    const path = await cli.write('.exportpollrc', file);
    const { exitCode, stdout } = await cli.run(['config', '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: [path], problems: [] });
    expect(stdout).not.toContain('key-in-the-file');
  });

  it('tells all problems at once, and ends with 78', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', 'outptu: x\ninterval: 5\nexports: { a: {} }\n');
    const { exitCode, stderr } = await cli.run(['config']);
    expect(exitCode).toBe(78);
    for (const fragment of ['outptu', 'interval', 'exports.a']) expect(stderr).toContain(fragment);
  });
});

describe.concurrent('sandbox', () => {
  const ENOUGH = /exp_429 .*\n/;

  it('prints a configuration that works while it serves, and ends with 0 when it is interrupted', async ({
    expect,
    cli,
  }) => {
    const serving = cli.start(['sandbox', '--duration', '300ms', '--rows', '50']);
    await cli.write('.exportpollrc', await serving.stdoutMatching(ENOUGH));
    for (const target of [
      'webadmit:86446/74780',
      'mytracker-segment:1',
      'personium:CellExport_earlier',
      'rebilly:exp_zip',
    ]) {
      const result = await cli.run(['watch', '--config', '.exportpollrc', '--interval', '100ms', target]);
      expect(result).toMatchObject({ exitCode: 0 });
    }
    // It also works as a file that is found: it holds the secrets that it sends.
    const found = await cli.run(['status', 'rebilly:exp_scheduled']);
    expect(found).toMatchObject({ exitCode: 8, stdout: 'queued\n' });
    serving.kill('SIGINT');
    const { exitCode, stderr } = await serving.result;
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(
        /^serving http:\/\/127\.0\.0\.1:.*\n.*chmod 600.*: exportpoll watch -c \.exportpollrc mytracker-raw:4\n$/,
      ),
    });
    const report = await readFile(join(cli.directory, 'Test-API-Export.csv'), 'latin1');
    expect(report.split('\n')).toHaveLength(52);
  });

  it.for([
    ['--rows', 'many'],
    ['--port', '99999'],
    ['--duration', '5'],
  ])('ends with 2 for %s %s', async (flags, { expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['sandbox', ...flags]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(flags.join(' '));
  });

  it('ends with 2 when its port is in use', async ({ expect, cli, sandbox }) => {
    const { port } = new URL(sandbox.apiUrl);
    const { exitCode, stderr } = await cli.run(['sandbox', '--port', port]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`--port ${port}: the port is in use`);
  });

  it('serves inside a run with --sandbox, whatever accounts are configured', async ({ expect, cli }) => {
    await cli.write('.exportpollrc', 'providers: { webadmit: { apiKey: key-of-the-real-account } }');
    const targets = ['webadmit:86446/74784', 'rebilly:exp_404', 'personium:CellExport_earlier'];
    const { exitCode, stdout, stderr } = await cli.run(['download', '--sandbox', ...targets]);
    expect(exitCode).toBe(11);
    expect(stdout).toBe(`${cli.directory}/CellExport_earlier.zip\n`);
    expect(stderr).toContain('rebilly:exp_404');
  });
});

describe.concurrent('an environment twin', () => {
  it.for([
    ['EXPORTPOLL_OUTPUT', 'elsewhere', 'elsewhere/Test-API-Export.csv'],
    ['EXPORTPOLL_NAME', 'renamed{ext}', 'renamed.csv'],
  ] as const)('such as %s does what the flag does', async ([name, value, file], { expect, cli, sandbox }) => {
    const env = { ...sandboxEnv(sandbox), [name]: value };
    expect(await cli.run(['watch', 'webadmit:86446/74780'], { env })).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toContain(file);
  });
});
