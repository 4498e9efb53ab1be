import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { IfExists } from '../../src/settings.ts';
import { manifestPath, sha256Of, writeManifest } from '../../src/download/manifest.ts';
import { OutputDirectory } from '../../src/download/output-directory.ts';
import { decideExisting, Names } from '../../src/download/target.ts';

const policies: readonly IfExists[] = ['own', 'overwrite', 'skip', 'rename', 'fail'];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const put = async (name: string, text: string) => await writeFile(join(directory, name), text);
const namesFor = (policy: IfExists) => new Names(new OutputDirectory(directory), policy);

/** A file that an earlier export has saved here. */
async function putOurs(name: string, text: string): Promise<void> {
  await put(name, text);
  const path = join(directory, name);
  const { size, mtimeMs } = await stat(path);
  const sha256 = await sha256Of(path);
  await writeManifest(manifestPath(directory, 'acme', 'earlier/1'), {
    ...{ v: 1, generator: 'exportpoll/0.0.0', provider: 'acme', id: 'earlier/1', state: 'ready' },
    ...{ options: { keepCompressed: false, name: '{name}' }, startedAt: '', completedAt: '' },
    files: [{ name, identity: name, bytes: size, rawBytes: size, sha256, mtimeMs }],
  });
}

describe('what --if-exists means', () => {
  it.each([
    ['nothing', ['create', 'create', 'create', 'create', 'create']],
    ['ours', ['replace', 'replace', 'skip', 'rename', 'refuse']],
    ['other', ['refuse', 'replace', 'skip', 'rename', 'refuse']],
  ] as const)('where %s is there', (existing, decisions) => {
    expect(policies.map((policy) => decideExisting(policy, existing))).toEqual(decisions);
  });
});

describe('a name', () => {
  it.each(policies)('is free where nothing is there: %s', async (policy) => {
    expect(await namesFor(policy).claim('a.csv')).toEqual({ name: 'a.csv', decision: 'create' });
  });

  it('of our own file is replaced, as long as nobody has touched it', async () => {
    await putOurs('a.csv', 'saved');
    expect(await namesFor('own').claim('a.csv')).toEqual({ name: 'a.csv', decision: 'replace' });
    await put('a.csv', 'other');
    await expect(namesFor('own').claim('a.csv')).rejects.toMatchObject({ exitCode: 73 });
  });

  it('of our own file is known by its content when only its time has changed', async () => {
    await putOurs('a.csv', 'saved');
    await put('a.csv', 'saved');
    expect(await namesFor('own').claim('a.csv')).toMatchObject({ decision: 'replace' });
  });

  it.each(['own', 'fail'] as const)('of somebody else’s file is refused: %s', async (policy) => {
    await put('a.csv', 'mine');
    await expect(namesFor(policy).claim('a.csv')).rejects.toMatchObject({
      exitCode: 73,
      message: expect.stringContaining(join(directory, 'a.csv')),
      hint: expect.stringContaining('--if-exists'),
    });
  });

  it('of our own file is refused by fail, which does not ask whose it is', async () => {
    await putOurs('a.csv', 'saved');
    await expect(namesFor('fail').claim('a.csv')).rejects.toThrow(`${join(directory, 'a.csv')} exists`);
    await expect(namesFor('fail').claim('a.csv')).rejects.not.toThrow('is not from exportpoll');
  });

  it.each([
    ['overwrite', { name: 'a.csv', decision: 'replace' }],
    ['skip', { name: 'a.csv', decision: 'skip' }],
    ['rename', { name: 'a (3).csv', decision: 'create' }],
  ] as const)('of somebody else’s file with %s', async (policy, target) => {
    await put('a.csv', 'mine');
    await put('a (2).csv', 'mine, too');
    expect(await namesFor(policy).claim('a.csv')).toEqual(target);
  });

  it('of a directory or a link that leads nowhere is taken as well', async () => {
    await mkdir(join(directory, 'a.csv'));
    await symlink(join(directory, 'nowhere'), join(directory, 'b.csv'));
    for (const name of ['a.csv', 'b.csv']) {
      await expect(namesFor('own').claim(name)).rejects.toMatchObject({ exitCode: 73 });
    }
  });
});

describe('the files of one run', () => {
  it('never share a name, also where case and composition do not count', async () => {
    const names = namesFor('overwrite');
    const wishes = ['a.csv', 'A.CSV', 'a.csv', 'é.csv', 'e\u0301.csv', 'É.csv'];
    const claimed = await Promise.all(wishes.map(async (wish) => await names.claim(wish)));
    expect(claimed.map(({ name }) => name)).toEqual([
      'a.csv',
      'A (2).CSV',
      'a (3).csv',
      'é.csv',
      'e\u0301 (2).csv',
      'É (3).csv',
    ]);
  });

  it('share what is taken with other exports that are saved here', async () => {
    const shared = new OutputDirectory(directory);
    const [one, other] = [new Names(shared, 'own'), new Names(shared, 'own')];
    expect(await one.claim('a.csv')).toMatchObject({ name: 'a.csv' });
    expect(await other.claim('a.csv')).toMatchObject({ name: 'a (2).csv' });
  });

  it('leave a name to others when it was released or refused', async () => {
    const names = namesFor('own');
    await names.claim('a.csv');
    names.release('a.csv');
    expect(await names.claim('A.csv')).toMatchObject({ name: 'A.csv' });
    await put('b.csv', 'mine');
    await expect(names.claim('b.csv')).rejects.toThrow('exists');
    await rm(join(directory, 'b.csv'));
    expect(await names.claim('b.csv')).toMatchObject({ name: 'b.csv' });
  });

  it('go around the name of a file that an earlier run has saved', async () => {
    const names = namesFor('own');
    names.take('a.csv');
    expect(await names.claim('a.csv')).toMatchObject({ name: 'a (2).csv' });
  });
});
