import { appendFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Manifest } from '../../src/download/manifest.ts';
import { it, readManifest } from '../helpers/e2e.ts';
import { eventsOf, ofType } from '../helpers/run-cli.ts';

describe.concurrent('verify', () => {
  it('prints the paths of the files that are as they were saved', async ({ expect, run, cli }) => {
    const { stdout } = await run(['watch', 'mytracker-raw:4']);
    const verified = await run(['verify']);
    expect(verified.exitCode, verified.stderr).toBe(0);
    expect(verified.stdout.split('\n').sort()).toEqual(stdout.split('\n').sort());
    expect(verified.stderr).toBe('');
    expect(await run(['verify', cli.directory])).toMatchObject({ exitCode: 0 });
  });

  it('needs no provider, so that a problem with one does not stop it', async ({ expect, run, cli }) => {
    await run(['watch', 'webadmit:86446/74780']);
    await cli.write('.exportpollrc', 'providers: { mine: { use: webadmti, apiKey: x } }');
    expect(await run(['watch', 'webadmit:86446/74780'])).toMatchObject({ exitCode: 78 });
    const { exitCode, stderr } = await run(['verify']);
    expect(exitCode, stderr).toBe(0);
    await cli.write('.exportpollrc', 'output: ../elsewhere');
    expect(await run(['verify'])).toMatchObject({ exitCode: 78 });
  });

  it('ends with 65 for a file that was changed, and says which', async ({ expect, run, cli }) => {
    await run(['watch', 'webadmit:86446/74780']);
    await appendFile(join(cli.directory, 'Test-API-Export.csv'), 'x');
    const verified = await run(['verify']);
    expect(verified).toMatchObject({ exitCode: 65, stdout: '' });
    expect(verified.stderr).toContain('Test-API-Export.csv');
    expect(verified.stderr).toMatch(/\d+ bytes; \d+ were saved/);
  });

  it('says of what is damaged or missing how it is fetched anew, which mends it', async ({
    expect,
    run,
    cli,
  }) => {
    const output = join(cli.directory, "the nurse's");
    const watched = await run(['watch', 'mytracker-raw:4', '-o', output]);
    const [first = '', second = ''] = watched.stdout.split('\n');
    await appendFile(first, 'x');
    await rm(second);
    const { exitCode, stderr } = await run(['verify', output]);
    expect(exitCode).toBe(65);
    expect(stderr.split('\n').slice(2)).toEqual([
      'exportpoll: mytracker-raw:4: damaged or missing: 2 files',
      '  to fetch anew, with the other flags that were used: exportpoll watch mytracker-raw:4 ' +
        `--output '${cli.directory}/the nurse'\\''s' --if-exists overwrite`,
      '',
    ]);
    const mended = await run(['watch', 'mytracker-raw:4', '--output', output, '--if-exists', 'overwrite']);
    expect(mended.exitCode, mended.stderr).toBe(0);
    expect(await run(['verify', output])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  it('ends with 65 for a file that is missing, and checks the others', async ({ expect, run, cli }) => {
    const { stdout } = await run(['watch', 'mytracker-raw:4']);
    const [first = '', second = ''] = stdout.split('\n');
    await rm(first);
    const verified = await run(['verify', '--json', cli.directory]);
    expect(verified.exitCode).toBe(65);
    const events = eventsOf(verified);
    expect(ofType(events, 'file.failed')).toMatchObject([{ code: 65 }]);
    expect(ofType(events, 'file.saved')).toMatchObject([{ path: second }]);
    expect(events.at(-1)).toMatchObject({ type: 'summary', files: 1, exitCode: 65 });
  });

  it('tells apart what a later export has replaced', async ({ expect, run, cli }) => {
    // Two files, one and one: --if-exists own lets a nightly export keep its name.
    for (const target of ['mytracker-raw:4', 'webadmit:86446/74780', 'rebilly:exp_download']) {
      const { exitCode, stderr } = await run(['watch', '-q', '--name', 'nightly-{index}.csv', target]);
      expect(exitCode, stderr).toBe(0);
    }
    const verified = await run(['verify']);
    const [first, second] = ['nightly-1.csv', 'nightly-2.csv'].map((name) => join(cli.directory, name));
    expect(verified.exitCode).toBe(0);
    expect(verified.stdout.trim().split('\n').sort()).toEqual([first, second]);
    const { completedAt } = await readManifest(cli.directory, 'rebilly', 'exp_download');
    const by = `nightly-1.csv was replaced by rebilly:exp_download (${completedAt.slice(0, 10)})`;
    expect(verified.stderr.split('\n').sort()).toEqual([
      '',
      `mytracker-raw 4: warning: ${by}`,
      `webadmit 86446/74780: warning: ${by}`,
    ]);
    expect(await run(['verify', '-q'])).toMatchObject({ exitCode: 0, stderr: '' });

    // Neither what was saved last nor what was saved before it.
    await appendFile(first ?? '', 'x');
    expect(await run(['verify'])).toMatchObject({ exitCode: 65, stdout: `${second}\n` });
  });

  it('counts what later exports have replaced where that is much, and lists it with -v', async ({
    expect,
    run,
    cli,
  }) => {
    await run(['watch', 'webadmit:86446/74780']);
    const manifest = await readManifest(cli.directory, 'webadmit', '86446/74780');
    const files = manifest.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const addOlder = async (night: number): Promise<void> => {
      const completedAt = `2020-01-0${night}T00:00:00.000Z`;
      const older: Manifest = { ...manifest, id: `86446/${night}`, completedAt, files };
      await writeFile(join(cli.directory, `webadmit-86446-${night}.manifest.json`), JSON.stringify(older));
    };
    const warnings = async (...flags: string[]): Promise<string[]> => {
      const { exitCode, stderr } = await run(['verify', ...flags]);
      expect(exitCode).toBe(0);
      return stderr.split('\n').slice(0, -1);
    };
    for (const night of [1, 2, 3]) await addOlder(night);
    expect(await warnings()).toHaveLength(3);
    await addOlder(4);
    expect(await warnings()).toEqual([
      `warning: files of 4 older exports were replaced in ${cli.directory}; -v lists them`,
    ]);
    expect(await warnings('-v')).toHaveLength(4);
  });

  it('takes no older export for what has replaced a newer one', async ({ expect, run, cli }) => {
    await run(['watch', 'webadmit:86446/74780']);
    const manifest = await readManifest(cli.directory, 'webadmit', '86446/74780');
    const files = manifest.files.map((file) => ({ ...file, sha256: '0'.repeat(64) }));
    const newer: Manifest = { ...manifest, id: '86446/9', completedAt: '2999-01-01T00:00:00.000Z', files };
    await writeFile(join(cli.directory, 'webadmit-86446-9.manifest.json'), JSON.stringify(newer));
    const { exitCode, stderr } = await run(['verify']);
    expect(exitCode).toBe(65);
    expect(stderr).not.toContain('replaced');
  });

  it('ends with 65 for a manifest that cannot be read', async ({ expect, run, cli }) => {
    await run(['watch', 'webadmit:86446/74780']);
    await writeFile(join(cli.directory, 'other-1.manifest.json'), '{"v":1,');
    const verified = await run(['verify']);
    expect(verified.exitCode).toBe(65);
    expect(verified.stderr).toContain('other-1.manifest.json');
    expect(verified.stderr).toMatch(/exportpoll watch PROVIDER:ID --output \S+ --if-exists overwrite\n/);
  });

  it.for([
    ['where there is no manifest', '', /: no manifest in /],
    ['where there is nothing', 'nowhere', /nowhere does not exist\n/],
    ['in a file', 'a-file', /a-file is not a directory\n/],
  ] as const)(
    'is a mistake %s, also beside a sound directory',
    async ([, name, said], { expect, run, cli }) => {
      const [sound, wrong] = [join(cli.directory, 'sound'), join(cli.directory, name)];
      await run(['watch', 'webadmit:86446/74780', '-o', sound]);
      await cli.write('a-file', '');
      for (const directories of [[wrong], [sound, wrong]]) {
        const { exitCode, stdout, stderr } = await run(['verify', ...directories]);
        expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
        expect(stderr).toMatch(said);
      }
    },
  );

  it('needs a directory, which stdout is not', async ({ expect, run, cli }) => {
    await run(['watch', 'webadmit:86446/74780']);
    for (const [args, env] of [
      [['-o', '-'], {}],
      [[], { EXPORTPOLL_OUTPUT: '-' }],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(['verify', ...args], { env });
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/verify needs a directory, and --output - is none\n.* exportpoll verify DIR\n/);
    }
    expect(await run(['verify', '-o', '-', cli.directory])).toMatchObject({ exitCode: 0 });
    const { stdout } = await run(['verify', '--help']);
    expect(stdout).toMatch(/--output <DIR> +where they were saved \(default: \.\)/);
  });

  it('says of a directory that cannot be read why', async ({ expect, run, cli }) => {
    const path = join(cli.directory, 'loop');
    // Nobody can read it, not even root.
    await symlink('loop', path);
    const { exitCode, stderr } = await run(['verify', path]);
    expect(exitCode).toBe(74);
    expect(stderr).toMatch(/loop: cannot be read: ELOOP/);
  });
});

describe.concurrent('status', () => {
  it('ends with 9 for an export without data where that was asked for', async ({ expect, run }) => {
    await run(['watch', 'webadmit:86446/74784']);
    const asked = await run(['status', 'webadmit:86446/74784', '--error-on-empty']);
    expect(asked).toMatchObject({ exitCode: 9, stdout: 'empty\n' });
    expect(await run(['status', 'webadmit:86446/74784'])).toMatchObject({ exitCode: 0, stdout: 'empty\n' });
  });
});
