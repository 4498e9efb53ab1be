import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { land } from '../../src/download/land.ts';

let directory: string;
let temporary: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  temporary = join(directory, '.a.csv.part');
  path = join(directory, 'a.csv');
  await writeFile(temporary, 'new', { mode: 0o600 });
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Not what is tested here. */
const settle = async (): Promise<void> => {};
const landNew = async (umask = 0o022) => await land(temporary, path, { replace: false, umask, settle });

describe('a complete file', () => {
  it.each([true, false])('moves to its name where that is free, with replace %s', async (replace) => {
    expect(await land(temporary, path, { replace, umask: 0o022, settle })).toBe(true);
    expect(await readdir(directory)).toEqual(['a.csv']);
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it.each([
    [0o022, 0o644],
    [0o077, 0o600],
    [0o002, 0o664],
    [0, 0o666],
  ])('has the mode that a new file has under umask %o', async (umask, mode) => {
    await landNew(umask);
    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  it('never replaces what has appeared meanwhile, unless it was told to', async () => {
    await writeFile(path, 'old');
    expect(await landNew()).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readFile(temporary, 'utf8')).toBe('new');
    expect(await land(temporary, path, { replace: true, umask: 0o022, settle })).toBe(true);
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(directory)).toEqual(['a.csv']);
  });

  it('never writes through a link of that name', async () => {
    const elsewhere = join(directory, 'elsewhere');
    await symlink(elsewhere, path);
    expect(await landNew()).toBe(false);
    expect(await land(temporary, path, { replace: true, umask: 0o022, settle })).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['a.csv']);
  });

  it('cannot take the place of a directory', async () => {
    await mkdir(path);
    await writeFile(join(path, 'x'), '');
    await expect(land(temporary, path, { replace: true, umask: 0, settle })).rejects.toMatchObject({
      exitCode: 73,
    });
    expect(await readFile(temporary, 'utf8')).toBe('new');
  });
});
