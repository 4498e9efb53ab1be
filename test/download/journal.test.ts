import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Journal } from '../../src/download/journal.ts';
import type { ManifestFile } from '../../src/download/manifest.ts';
import { hashOf } from '../helpers/bytes.ts';
import { cutWrite } from '../helpers/full-disk.ts';

const OPTIONS = { keepCompressed: false, name: '{name}' };

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  path = join(directory, '.acme-7.journal');
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const openJournal = async (options: Record<string, unknown> = OPTIONS) =>
  await Journal.open(directory, 'acme-7', options);

/** A file on disk, and what is to be recorded of it. */
async function landed(name: string): Promise<ManifestFile> {
  const content = Buffer.from(`content of ${name}`);
  await writeFile(join(directory, name), content);
  const { mtimeMs } = await stat(join(directory, name));
  const sizes = { bytes: content.length, rawBytes: content.length };
  return { name, identity: name, ...sizes, sha256: hashOf('sha256', content), mtimeMs };
}

async function recorded(...names: string[]): Promise<ManifestFile[]> {
  const files = await Promise.all(names.map(landed));
  const journal = await openJournal();
  await Promise.all(files.map(async (file) => await journal.record(file)));
  await journal.close();
  return files;
}

describe('a journal', () => {
  it('knows what an earlier run has saved', async () => {
    const [file] = await recorded('a.csv');
    const journal = await openJournal();
    expect(journal.find('a.csv')).toEqual(file);
    expect(journal.find('b.csv')).toBeUndefined();
  });

  it('keeps every file also when many are saved at once', async () => {
    const names = Array.from({ length: 30 }, (_, at) => `${at}.csv`);
    await recorded(...names);
    const journal = await openJournal();
    expect(names.filter((name) => journal.find(name) === undefined)).toEqual([]);
  });

  it('keeps what earlier runs have saved when it grows', async () => {
    await recorded('a.csv');
    await recorded('b.csv');
    await recorded('c.csv');
    const journal = await openJournal();
    for (const name of ['a.csv', 'b.csv', 'c.csv']) expect(journal.find(name)).toBeDefined();
  });

  it('is hidden and for its owner alone, and nothing else is left beside it', async () => {
    await recorded('a.csv');
    expect((await readdir(directory)).sort()).toEqual(['.acme-7.journal', 'a.csv']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('is gone without a trace when the manifest says it all', async () => {
    await recorded('a.csv');
    await (await openJournal()).remove();
    expect(await readdir(directory)).toEqual(['a.csv']);
  });

  it('is not made before a file is saved', async () => {
    await (await openJournal()).close();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('an entry', () => {
  it('of other options is forgotten', async () => {
    await recorded('a.csv');
    for (const options of [
      { ...OPTIONS, keepCompressed: true },
      { ...OPTIONS, name: '{index}' },
    ]) {
      expect((await openJournal(options)).find('a.csv')).toBeUndefined();
    }
  });

  it('that was written in part is ignored, and does not spoil those before or after it', async () => {
    await recorded('a.csv');
    const [b] = await recorded('b.csv');
    await truncate(path, (await stat(path)).size - 20);
    const journal = await openJournal();
    expect(journal.find('a.csv')).toBeDefined();
    expect(journal.find('b.csv')).toBeUndefined();
    await journal.record(b!);
    await journal.close();
    const later = await openJournal();
    for (const name of ['a.csv', 'b.csv']) expect(later.find(name)).toBeDefined();
  });

  it('that was written in part before others does not spoil them', async () => {
    await recorded('a.csv');
    await appendFile(path, `{"name":"b.c\n${JSON.stringify(await landed('c.csv'))}\n`);
    const journal = await openJournal();
    for (const name of ['a.csv', 'c.csv']) expect(journal.find(name)).toBeDefined();
  });

  it.each(['null', '{}', '{"name":5}', 'garbage', '\0\0\0'])('that is %j is ignored', async (line) => {
    await recorded('a.csv');
    await appendFile(path, `${line}\n`);
    expect((await openJournal()).find('a.csv')).toBeDefined();
  });

  it('is forgotten when the file is not there, or another', async () => {
    await recorded('a.csv', 'b.csv', 'c.csv');
    await rm(join(directory, 'a.csv'));
    await writeFile(join(directory, 'b.csv'), 'Content of b.csv');
    const journal = await openJournal();
    expect(['a.csv', 'b.csv', 'c.csv'].map((name) => journal.find(name)?.name)).toEqual([
      undefined,
      undefined,
      'c.csv',
    ]);
  });

  it('of a journal whose beginning is damaged is forgotten', async () => {
    await recorded('a.csv');
    await writeFile(path, (await readFile(path, 'utf8')).slice(3));
    expect((await openJournal()).find('a.csv')).toBeUndefined();
  });
});

describe('after a write that a full disk has cut short', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([0, 1, 30])('of %i bytes, every line is whole that is written later', async (bytes) => {
    const [a, b, c, d] = await Promise.all(['a.csv', 'b.csv', 'c.csv', 'd.csv'].map(landed));
    const journal = await openJournal();
    await journal.record(a!);
    await cutWrite(/b\.csv/, bytes);
    await expect(journal.record(b!)).rejects.toMatchObject({ exitCode: 74 });
    expect(journal.find('b.csv')).toBeUndefined();
    await journal.record(c!);
    await journal.record(d!);
    await journal.close();
    const later = await openJournal();
    for (const name of ['a.csv', 'b.csv', 'c.csv', 'd.csv']) expect(later.find(name)).toBeDefined();
  });

  it('no line of those that were written at once is lost', async () => {
    const names = Array.from({ length: 20 }, (_, at) => `${at}.csv`);
    const files = await Promise.all(names.map(landed));
    const journal = await openJournal();
    await journal.record(files[0]!);
    await cutWrite(/./, 500);
    const outcomes = await Promise.allSettled(files.slice(1).map(async (file) => await journal.record(file)));
    expect(outcomes.map(({ status }) => status)).toContain('rejected');
    await journal.record(await landed('last.csv'));
    await journal.close();
    const later = await openJournal();
    expect([...names, 'last.csv'].filter((name) => later.find(name) === undefined)).toEqual([]);
  });
});
