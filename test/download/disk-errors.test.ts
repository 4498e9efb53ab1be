import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { diskError, onDisk } from '../../src/download/disk-errors.ts';
import { Part } from '../../src/download/part/part.ts';
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

describe('a full disk', () => {
  afterEach(() => void vi.restoreAllMocks());

  /** From now on nothing can be written to a file. */
  const fill = async (): Promise<void> => {
    const handle = await open(process.execPath);
    const methods = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    for (const name of ['write', 'writev', 'writeFile'] as const) {
      vi.spyOn(methods, name).mockRejectedValue(withCode('ENOSPC'));
    }
  };
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
      const sink = await fileSink(path);
      await fill();
      await expect(sink.write(Buffer.from('a'))).rejects.toMatchObject(full);
      await sink.abort();
    });
  });

  it('ends the receiving of a file with 74, and counts no byte that is not there', async () => {
    await inDirectory(async (directory) => {
      await writeFile(join(directory, '.a.csv.12345678.part.json'), '{"v":1,"identity":"a"}');
      const part = await Part.open(join(directory, '.a.csv.12345678.part'), 'a');
      await fill();
      await part.append(Buffer.from('a'));
      await expect(part.flush()).rejects.toMatchObject(full);
      expect(part.size).toBe(0);
      await part.close();
    });
  });
});
