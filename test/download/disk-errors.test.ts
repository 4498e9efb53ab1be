import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { diskError, onDisk } from '../../src/download/disk-errors.ts';
import { Part } from '../../src/download/part.ts';
import { fileSink } from '../../src/download/sinks.ts';
import { IntegrityError } from '../../src/errors.ts';

const withCode = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

describe('an error of the file system', () => {
  it.each([
    ['ENOSPC', 74],
    ['EDQUOT', 74],
    ['EFBIG', 74],
    ['EIO', 74],
    ['EMFILE', 74],
    ['EACCES', 73],
    ['EPERM', 73],
    ['EROFS', 73],
    ['ENOTDIR', 73],
    ['EEXIST', 73],
    ['EISDIR', 73],
    ['ENAMETOOLONG', 73],
  ])('%s ends with %i, names the path and keeps its cause', (code, exitCode) => {
    const cause = withCode(code);
    const error = diskError(cause, '/data/a.csv');
    expect(error).toMatchObject({ exitCode, cause });
    expect(error.message).toMatch(/^\/data\/a\.csv: /);
  });

  it('is not made of an error that says more already', () => {
    const error = new IntegrityError('the gzip file is cut short');
    expect(diskError(error, '/data/a.csv')).toBe(error);
  });

  it('is made of whatever work throws', async () => {
    await expect(
      onDisk('/data/a.csv', async () => await Promise.reject(withCode('EROFS'))),
    ).rejects.toMatchObject({
      exitCode: 73,
    });
  });
});

// Where the system has a device that is always full; a link keeps its own file out of harm's way.
describe.runIf(process.platform === 'linux')('a full disk', () => {
  const inDirectory = async (play: (directory: string) => Promise<void>): Promise<void> => {
    const directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
    try {
      await play(directory);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };
  const full = { exitCode: 74, message: expect.stringContaining('no space is left') };

  it('ends the inflating of a file with 74', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'a.out');
      await symlink('/dev/full', path);
      const sink = await fileSink(path);
      await expect(sink.write(Buffer.from('a'))).rejects.toMatchObject(full);
      await sink.abort();
    });
  });

  it('ends the receiving of a file with 74, and counts no byte that is not there', async () => {
    await inDirectory(async (directory) => {
      await symlink('/dev/full', join(directory, '.a.csv.12345678.part'));
      await writeFile(join(directory, '.a.csv.12345678.part.json'), '{"v":1,"identity":"a"}');
      const part = await Part.open(directory, 'a.csv', '12345678', 'a');
      await expect(part.append(Buffer.from('a'))).rejects.toMatchObject(full);
      expect(part.size).toBe(0);
      await part.close();
    });
  });
});
