import { join } from 'node:path';

import * as fc from 'fast-check';
import { describe } from 'vitest';
import { builtinText } from '../../src/profiles/builtin.ts';
import { it, providerEnv } from '../helpers/e2e.ts';

describe.concurrent('a configuration file', () => {
  it.for([
    ['outptu: ./exports', ['outptu', '"output"']],
    ['providers: { webadmit: { apikey: x } }', ['apikey', '"apiKey"']],
    ['exports: { a: { provider: webadmit, id: 1/2, ouput: x } }', ['ouput', '"output"']],
    ['providers: { webadmit: { apiKey: { command: [echo, x] } } }', ['apiKey', 'program', '--config']],
    ['exec: rm -rf /', ['exec', 'program', '--config']],
    ['interval: 5', ['interval', '500ms']],
    ['providers: [', ['.exportpollrc']],
  ] as const)('that says %s stops with 78', async ([text, fragments], { expect, cli, serve }) => {
    const sandbox = await serve();
    const path = await cli.write('.exportpollrc', text);
    const env = providerEnv('webadmit', { apiKey: sandbox.accounts.webadmit.variables['apiKey'] ?? '' });
    const { exitCode, stdout, stderr } = await cli.run(['watch', 'webadmit:86446/74780'], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' });
    expect(stderr).toContain(path);
    for (const fragment of fragments) expect(stderr).toContain(fragment);
  });

  it.for([
    ['an empty one', '', 0, 'warning: PATH: the configuration file is empty'],
    ['broken YAML', 'providers: [', 78, 'PATH:1: '],
    ['a mistake in it', '- a', 78, 'PATH: the file must be '],
  ] as const)(
    'that is named is there, and told as what it is: %s',
    async ([, text, exitCode, told], { expect, cli }) => {
      const path = await cli.write('own.yaml', text);
      const result = await cli.run(['config', '-c', 'own.yaml']);
      expect(result).toMatchObject({ exitCode, stderr: expect.stringContaining(told.replace('PATH', path)) });
      expect(result.stderr).not.toContain('no configuration file');
    },
  );

  it('that is found is there, also an empty one', async ({ expect, cli }) => {
    const none = await cli.run(['config']);
    expect(none).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('no configuration file; looked'),
    });
    await cli.write('.exportpollrc', '');
    expect(await cli.run(['config'])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it.for([
    ['nothing', 'nowhere.yaml', 'there is no such file'],
    ['a directory', '.', 'it is not a regular file'],
  ] as const)('that is %s is told once, in plain words', async ([, name, why], { expect, cli }) => {
    const path = join(cli.directory, name);
    const { exitCode, stderr } = await cli.run(['config', '-c', name]);
    expect([exitCode, stderr]).toEqual([78, `exportpoll: ${path}: cannot be read: ${why}\n`]);
  });

  it('may not send a secret in the clear', async ({ expect, cli, serve }) => {
    const { accounts } = await serve();
    const { apiKey = '' } = accounts.webadmit.variables;
    const env = providerEnv('webadmit', { apiKey, baseUrl: 'http://198.51.100.7' });
    const { exitCode, stderr } = await cli.run(['watch', 'webadmit:86446/74780'], { env });
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/webadmit.* unencrypted to http:\/\/198\.51\.100\.7[^]*use https/);
  });

  it('that was found may not send a secret of the environment to a host of its own choice', async ({
    expect,
    cli,
    serve,
  }) => {
    const elsewhere = await serve();
    await cli.write('.exportpollrc', `providers: { webadmit: { baseUrl: "${elsewhere.apiUrl}" } }`);
    const env = providerEnv('webadmit', { apiKey: elsewhere.accounts.webadmit.variables['apiKey'] ?? '' });
    const { exitCode, stderr } = await cli.run(['watch', 'webadmit:86446/74780'], { env });
    expect(exitCode).toBe(78);
    expect(stderr).toContain(elsewhere.apiUrl);
    expect(stderr).toContain('--config');
    expect(elsewhere.requests).toEqual([]);
  });

  it('with anything in it ends in a sentence, and with 78, where it is not simply right', async ({
    expect,
    cli,
  }) => {
    const pieces = [
      'providers:',
      'webadmit',
      ': ',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      '- ',
      '&a ',
      '*a',
      '"',
      '%',
      '${X}',
      '\u0000',
      'é',
    ];
    const texts = fc.sample(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), {
      seed: 7,
      numRuns: 12,
    });
    for (const text of texts.map((parts) => parts.join(''))) {
      await cli.write('.exportpollrc', text);
      // A stack trace makes it reject.
      const { exitCode, stderr } = await cli.run(['status', 'webadmit:nothing']);
      expect([2, 78], text).toContain(exitCode);
      expect(stderr, text).toMatch(/^exportpoll: .{10,}/);
    }
  });

  it('cannot speak to the terminal', async ({ expect, cli }) => {
    const name = String.raw`"x\e]0;owned\a\u202Ey"`;
    await cli.write('own.yaml', builtinText('webadmit').replace(/^title: .*/m, `title: ${name}`));
    const exports = `exports: { a: { id: ${name}, provider: webadmit } }`;
    await cli.write(
      '.exportpollrc',
      `output: ${name}\n${exports}\nproviders: { own: { profile: own.yaml } }`,
    );
    await cli.run(['config']);
    await cli.run(['providers']);
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    expect(cli.printed()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('that does not exist stops with 78', async ({ expect, run }) => {
    const { exitCode, stderr } = await run(['watch', '--config', 'nowhere.yaml', 'webadmit:86446/74780']);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('nowhere.yaml');
  });
});
