import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe } from 'vitest';
import { scenarios } from '../../src/sandbox/sandbox.ts';
import { expectedBytes, it, readManifest, sandboxEnv } from '../helpers/e2e.ts';

const REPORT = 'Test-API-Export.csv';
const MANIFEST = 'webadmit-86446-74780.manifest.json';
const WATCH_REPORT = ['watch', 'webadmit:86446/74780'];

describe.concurrent('an export that was delivered', () => {
  it('is here without a request when it is watched again', async ({ expect, run, cli, sandbox }) => {
    const first = await run(['watch', 'mytracker-raw:4']);
    const asked = sandbox.requests.length;
    const second = await run(['watch', 'mytracker-raw:4']);
    expect(second.exitCode).toBe(0);
    expect(second.stdout.split('\n').sort()).toEqual(first.stdout.split('\n').sort());
    expect(second.stdout.split('\n')).toHaveLength(3);
    expect(sandbox.requests).toHaveLength(asked);
    expect(await cli.files()).toHaveLength(3);
  });

  it('is downloaded again with --force', async ({ expect, run, sandbox }) => {
    const first = await run(WATCH_REPORT);
    const downloads = () => sandbox.requests.filter(({ origin }) => origin === 'store').length;
    expect(downloads()).toBe(1);
    expect(await run([...WATCH_REPORT, '--force'])).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(downloads()).toBe(2);
  });

  it('is completed again when a file of it is missing', async ({ expect, run, cli, sandbox }) => {
    await run(['watch', 'mytracker-raw:4']);
    const [{ name } = { name: '' }] = (await readManifest(cli.directory, 'mytracker-raw', '4')).files;
    await rm(join(cli.directory, name));
    expect(await run(['watch', 'mytracker-raw:4'])).toMatchObject({ exitCode: 0 });
    const bytes = await readFile(join(cli.directory, name));
    expect(bytes.equals(await expectedBytes(sandbox, 'mytracker-raw', '4', name))).toBe(true);
  });

  it('is not replaced when somebody has changed its file since', async ({ expect, run, cli }) => {
    await run(WATCH_REPORT);
    await cli.write(REPORT, 'edited');
    expect(await run(WATCH_REPORT)).toMatchObject({ exitCode: 73, stdout: '' });
    expect(await readFile(join(cli.directory, REPORT), 'utf8')).toBe('edited');
  });
});

describe.concurrent('an export of the same name at another API', () => {
  it('is not taken for delivered because the stand-ins of --sandbox made one up', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    expect(await cli.run([...WATCH_REPORT, '--sandbox', '--interval', '100ms'])).toMatchObject({
      exitCode: 0,
    });
    expect((await readManifest(cli.directory, 'webadmit', '86446/74780')).api).toBe('sandbox');
    expect(await run(WATCH_REPORT)).toMatchObject({ exitCode: 0 });
    expect(sandbox.requests.filter(({ origin }) => origin === 'store')).toHaveLength(1);
    const bytes = await readFile(join(cli.directory, REPORT));
    expect(bytes.equals(await expectedBytes(sandbox, 'webadmit', '86446/74780', REPORT))).toBe(true);
  });

  it('replaces the files of the first one', async ({ expect, cli, serve }) => {
    const [one, other] = [await serve(), await serve()];
    await cli.run(WATCH_REPORT, { env: sandboxEnv(one) });
    expect(await cli.run(WATCH_REPORT, { env: sandboxEnv(other) })).toMatchObject({ exitCode: 0 });
    expect(other.requests.filter(({ origin }) => origin === 'store')).toHaveLength(1);
  });
});

describe.concurrent('where files go', () => {
  it('-o makes the directory', async ({ expect, run, cli, sandbox }) => {
    const result = await run([...WATCH_REPORT, '-o', 'deep/er']);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${cli.directory}/deep/er/${REPORT}\n` });
    const bytes = await readFile(join(cli.directory, 'deep/er', REPORT));
    expect(bytes.equals(await expectedBytes(sandbox, 'webadmit', '86446/74780', REPORT))).toBe(true);
  });

  it('-o - writes the contents to stdout, one file after the other, and nothing else', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    const result = await run(['watch', 'mytracker-segment:1', '-o', '-']);
    const { files = [] } =
      scenarios.find(({ provider, id }) => provider === 'mytracker-segment' && id === '1') ?? {};
    const contents = await Promise.all(
      files.map(async (name) => await expectedBytes(sandbox, 'mytracker-segment', '1', name)),
    );
    expect(result.exitCode).toBe(0);
    expect(contents).toHaveLength(2);
    expect(result.bytes.equals(Buffer.concat(contents))).toBe(true);
    expect(await cli.files()).toEqual([]);
  });

  it('--name is the template of their names', async ({ expect, run, cli }) => {
    const template = ['--name', '{provider}_{id}_{index}_{stem}{ext}'];
    expect(await run([...WATCH_REPORT, ...template])).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toContain(`webadmit_86446-74780_1_${REPORT}`);
  });

  it('a name that two files share is numbered', async ({ expect, run, cli }) => {
    expect(await run(['watch', 'mytracker-raw:4', '--name', 'part.csv'])).toMatchObject({ exitCode: 0 });
    expect(await cli.files()).toEqual(['mytracker-raw-4.manifest.json', 'part (2).csv', 'part.csv']);
  });

  it('--keep-compressed keeps the bytes of the wire, and .gz in the name', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    const [delivery] = scenarios.find(({ id }) => id === '11040581')?.deliveries ?? [];
    expect(await run(['watch', 'mytracker-raw:11040581', '--keep-compressed'])).toMatchObject({
      exitCode: 0,
    });
    const saved = await readFile(join(cli.directory, `${delivery?.name}.gz`));
    const wire = await fetch(`${sandbox.storeUrl}${delivery?.path}`);
    expect(saved.equals(Buffer.from(await wire.arrayBuffer()))).toBe(true);
    expect([...saved.subarray(0, 2)]).toEqual([0x1f, 0x8b]);
    const [file] = (await readManifest(cli.directory, 'mytracker-raw', '11040581')).files;
    const sha256 = createHash('sha256').update(saved).digest('hex');
    expect(file).toMatchObject({ bytes: saved.length, rawBytes: saved.length, sha256 });
  });
});

describe.concurrent('a file of that name that somebody else has put there', () => {
  const rows = [
    ['own', 73, [REPORT], 'theirs'],
    ['fail', 73, [REPORT], 'theirs'],
    ['overwrite', 0, [REPORT, MANIFEST], 'ours'],
    ['rename', 0, ['Test-API-Export (2).csv', REPORT, MANIFEST], 'theirs'],
  ] as const;
  it.for(rows)(
    'with --if-exists %s',
    async ([policy, exitCode, files, whose], { expect, run, cli, sandbox }) => {
      await cli.write(REPORT, 'theirs');
      const result = await run([...WATCH_REPORT, '--if-exists', policy]);
      expect(result).toMatchObject({ exitCode });
      // What was received before the decision may wait for another one.
      expect((await cli.files()).filter((name) => !name.startsWith('.'))).toEqual(files);
      const ours = await expectedBytes(sandbox, 'webadmit', '86446/74780', REPORT);
      const bytes = await readFile(join(cli.directory, REPORT));
      expect(bytes.equals(whose === 'ours' ? ours : Buffer.from('theirs'))).toBe(true);
      if (policy === 'rename') {
        expect((await readFile(join(cli.directory, 'Test-API-Export (2).csv'))).equals(ours)).toBe(true);
      }
      if (exitCode === 73) expect(result.stderr).toMatch(/Test-API-Export\.csv exists[^]*--if-exists/);
    },
  );

  it('is left alone with --if-exists skip, and that is no failure', async ({ expect, run, cli }) => {
    await cli.write(REPORT, 'theirs');
    expect(await run([...WATCH_REPORT, '--if-exists', 'skip'])).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await readFile(join(cli.directory, REPORT), 'utf8')).toBe('theirs');
    expect((await cli.files()).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('does not count as delivered after --if-exists skip', async ({ expect, run, cli }) => {
    await cli.write(REPORT, 'theirs');
    await run([...WATCH_REPORT, '--if-exists', 'skip']);
    await rm(join(cli.directory, REPORT));
    const result = await run(WATCH_REPORT);
    expect(result).toMatchObject({ exitCode: 0, stdout: `${cli.directory}/${REPORT}\n` });
  });

  it('is asked about again by another policy', async ({ expect, run, cli }) => {
    await cli.write(REPORT, 'theirs');
    for (const round of ['first', 'second']) {
      const { exitCode, stderr } = await run([...WATCH_REPORT, '--if-exists', 'skip']);
      expect(exitCode, round).toBe(0);
      expect(stderr, round).toContain(`${REPORT} is left alone: it exists (--if-exists skip)`);
    }
    expect(await run(WATCH_REPORT)).toMatchObject({ exitCode: 73, stdout: '' });
    expect(await run([...WATCH_REPORT, '--if-exists', 'overwrite'])).toMatchObject({
      exitCode: 0,
      stdout: `${cli.directory}/${REPORT}\n`,
    });
    expect(await readFile(join(cli.directory, REPORT), 'utf8')).not.toBe('theirs');
  });

  it('is replaced by default when an earlier export has put it there', async ({
    expect,
    run,
    cli,
    sandbox,
  }) => {
    const nightly = ['--name', 'nightly{ext}'];
    await run([...WATCH_REPORT, ...nightly]);
    expect(await run(['watch', 'webadmit:86446/74783', ...nightly])).toMatchObject({ exitCode: 0 });
    const bytes = await readFile(join(cli.directory, 'nightly.csv'));
    const expected = await expectedBytes(sandbox, 'webadmit', '86446/74783', 'Export With Errors.csv');
    expect(bytes.equals(expected)).toBe(true);
  });
});

describe.concurrent('limits', () => {
  it('--error-on-empty makes an export without data exit with 9', async ({ expect, run }) => {
    expect(await run(['watch', 'webadmit:86446/74784', '--error-on-empty'])).toMatchObject({
      exitCode: 9,
      stdout: '',
    });
  });

  it.for(['webadmit:86446/74780', 'mytracker-raw:11040581'])(
    '--max-bytes refuses a larger file of %s with 73',
    async (target, { expect, run, cli }) => {
      const result = await run(['watch', target, '--max-bytes', '5kB']);
      expect(result).toMatchObject({ exitCode: 73, stdout: '' });
      expect(result.stderr).toContain('--max-bytes');
      expect((await cli.files()).filter((name) => !name.startsWith('.'))).toEqual([]);
    },
  );
});
