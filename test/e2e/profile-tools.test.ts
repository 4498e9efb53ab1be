import { readFile } from 'node:fs/promises';

import { Ajv } from 'ajv';
import { describe } from 'vitest';
import { parse } from 'yaml';

import { it } from '../helpers/e2e.ts';

describe('providers new', () => {
  it('prints a profile that is sound, and says what to do with it', async ({ expect, cli }) => {
    const { stdout, exitCode } = await cli.run(['providers', 'new', 'acme-orders']);
    expect(exitCode).toBe(0);
    await cli.write('acme.profile.yaml', stdout);
    const checked = await cli.run(['providers', 'check', 'acme.profile.yaml']);
    expect(checked).toMatchObject({ exitCode: 0, stdout: 'acme-orders: the profile is sound\n', stderr: '' });
  });

  it('names the schema of this installation, which the profile is valid by', async ({ expect, cli }) => {
    const { stdout } = await cli.run(['providers', 'new', 'acme-orders']);
    const [, schema = ''] = /^# yaml-language-server: \$schema=(file:\S+)\n/.exec(stdout) ?? [];
    const [, docs = ''] = /^# What every field means: (file:\S+)\n/m.exec(stdout) ?? [];
    expect(await readFile(new URL(docs), 'utf8')).toContain('# ');
    const rules = JSON.parse(await readFile(new URL(schema), 'utf8')) as object;
    const isProfile = new Ajv({ strict: false }).compile(rules);
    expect(isProfile(parse(stdout)), JSON.stringify(isProfile.errors)).toBe(true);
  });

  it('refuses a name that no profile can have', async ({ expect, cli }) => {
    expect(await cli.run(['providers', 'new', 'Acme Orders'])).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('providers check', () => {
  const PROFILE = `
profile: 1
name: acme
title: Acme
variables: { baseUrl: { description: root, default: 'https://api.acme.example' }, key: { description: key, secret: true } }
id: { pattern: '\\d+', description: number, example: '7' }
auth: [{ scheme: query, parameter: key, value: key }]
errors: { status: body.error.code, statuses: { gone: 404 }, message: body.error.text }
status:
  request: { url: '{+baseUrl}/jobs/{id}' }
  state: body.state
  states: { busy: running, done: { follow: files } }
  percent: body.percent
followUps:
  - { as: list, when: files, request: { url: '{+baseUrl}/jobs/{id}/files' }, state: to_string(status), states: { '200': ready } }
files:
  - { each: list.body, url: item.href, size: item.bytes, sha256: item.sha256 }
`;

  it('says all that is wrong, and where', async ({ expect, cli }) => {
    const wrong = PROFILE.replace('title:', 'titel:');
    await cli.write('p.yaml', wrong);
    const { exitCode, stderr, stdout } = await cli.run(['providers', 'check', 'p.yaml']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 78, stdout: '' });
    expect(stderr).toContain('p.yaml:4: titel: is not a key that exists here; did you mean "title"?');
  });

  it('shows what the profile reads from recorded answers, and no signature', async ({ expect, cli }) => {
    const files = {
      'p.yaml': PROFILE,
      'busy.json': '{"state":"busy","percent":"40 %"}',
      'done.json': '{"state":"done"}',
      'list.json': '[{"href":"https://files.example/a.csv?X-Amz-Signature=5ec4e7","bytes":12}]',
      'gone.json': '{"status":200,"headers":{},"body":{"error":{"code":"GONE","text":"no such job"}}}',
      'odd.json': '{"state":"resting"}',
      'page.html': '<html>Down for maintenance</html>',
    };
    for (const [name, text] of Object.entries(files)) await cli.write(name, text);
    const check = async (...samples: string[]) =>
      await cli.run(['providers', 'check', 'p.yaml', ...samples.flatMap((file) => ['--sample', file])]);

    const { stdout } = await check('busy.json', 'done.json', 'list=list.json');
    expect(stdout).toContain('busy.json:\n  state: running\n  word: busy\n  percent: 40\n');
    expect(stdout).toContain('done.json:\n  state: ready\n  word: done\n  files: 1\n');
    expect(stdout).toContain('url: https://files.example/a.csv?…\n');
    expect(stdout).toContain('size: 12\n');
    expect(stdout).not.toContain('5ec4e7');

    expect(await check('done.json')).toMatchObject({
      exitCode: 2,
      stdout: expect.stringContaining('--sample list=FILE') as string,
    });
    expect((await check('gone.json')).stdout).toContain('state: gone\n');
    expect(await check('odd.json')).toMatchObject({
      exitCode: 76,
      stdout: expect.stringContaining('"resting" is not in the profile') as string,
    });
    expect(await check('page.html')).toMatchObject({ exitCode: 76 });
    expect(await check('lst=list.json')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('"lst"') as string,
    });
    expect(await check('nowhere.json')).toMatchObject({ exitCode: 2 });
  });

  it.for([
    ['providers', 'check', 'p.yaml', '--json'],
    ['providers', 'check', '--json', 'p.yaml'],
    ['providers', '--json', 'check', 'p.yaml'],
  ])('prints JSON for %j', async (args, { expect, cli }) => {
    await cli.write('p.yaml', PROFILE);
    const { exitCode, stdout } = await cli.run(args);
    expect({ exitCode, said: JSON.parse(stdout) as unknown }).toEqual({
      exitCode: 0,
      said: { profile: 'acme', samples: [] },
    });
  });

  it('takes several samples of a follow-up for its pages', async ({ expect, cli }) => {
    await cli.write('1.json', '[{"href":"https://files.example/a.csv"}]');
    await cli.write('2.json', '[{"href":"https://files.example/b.csv"}]');
    await cli.write('done.json', '{"state":"done"}');
    const args = ['--sample', 'done.json', '--sample', 'list=1.json', '--sample', 'list=2.json'];
    for (const [next, url] of [
      ["{ page: 'body[0].href' }", '/files{?page}'],
      ["'body[0].href'", '/files'],
    ]) {
      const paged = PROFILE.replace(`/files' }`, `${url}' }, next: ${next}`);
      await cli.write('p.yaml', paged.replace('list.body', "'list[].body[]'"));
      const { exitCode, stdout } = await cli.run(['providers', 'check', 'p.yaml', ...args]);
      expect(exitCode, stdout).toBe(0);
      expect(stdout).toMatch(/files: 2\n[^]*a\.csv\n[^]*b\.csv\n/);
    }
    await cli.write('p.yaml', PROFILE);
    expect(await cli.run(['providers', 'check', 'p.yaml', ...args])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('several samples of "list", which has no pages') as string,
    });
  });

  it('says so when there is no such file', async ({ expect, cli }) => {
    await cli.write('p.yaml', PROFILE);
    for (const args of [['nowhere'], ['p.yaml', '--sample', 'nowhere']]) {
      const { stderr } = await cli.run(['providers', 'check', ...args]);
      expect(stderr).toMatch(/nowhere cannot be read: there is no such file\n$/);
    }
  });

  it('says so when no sample is one of the status', async ({ expect, cli }) => {
    await cli.write('p.yaml', PROFILE);
    await cli.write('list.json', '[]');
    expect(await cli.run(['providers', 'check', 'p.yaml', '--sample', 'list=list.json'])).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('no sample is an answer to the status request') as string,
    });
  });

  it('settles a word however often it has to be seen, and shows how long an error asks to wait', async ({
    expect,
    cli,
  }) => {
    await cli.write('p.yaml', PROFILE.replace('busy: running', 'busy: { state: failed, after: 30 }'));
    await cli.write('busy.json', '{"state":"busy"}');
    await cli.write('limit.json', '{"status":429,"headers":{"Retry-After":"90"},"body":{}}');
    const check = ['providers', 'check', 'p.yaml', '--sample'];
    expect((await cli.run([...check, 'busy.json'])).stdout).toContain('state: failed\n');
    const limited = await cli.run([...check, 'limit.json']);
    expect(limited).toMatchObject({
      exitCode: 75,
      stdout: expect.stringContaining('lookAgainIn: 1m 30s') as string,
    });
  });
});
