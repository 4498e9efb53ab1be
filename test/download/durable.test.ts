import { open, type FileHandle } from 'node:fs/promises';
import type * as FileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

import { syncDirectory } from '../../src/download/durable.ts';
import { inWorld } from './world.ts';

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return { ...real, open: vi.fn(real.open) };
});
const { open: realOpen } = await vi.importActual<typeof FileSystem>('node:fs/promises');

let sync: MockInstance<FileHandle['sync']>;

beforeEach(async () => {
  const handle = await open(process.execPath);
  sync = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, 'sync');
  await handle.close();
});
afterEach(() => {
  sync.mockRestore();
  vi.mocked(open).mockImplementation(realOpen);
});

const fails = (code: string, syscall: string): Error =>
  Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });

describe('a directory', () => {
  it.each(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF', 'EPERM', 'ENOENT'])(
    'that cannot be synced here is left as it is: fsync says %s',
    async (code) => {
      sync.mockRejectedValueOnce(fails(code, 'fsync'));
      await syncDirectory(tmpdir());
      expect(sync).toHaveBeenCalledOnce();
    },
  );

  it.each(['EACCES', 'EPERM', 'EISDIR'])('that cannot be opened for it is, too: %s', async (code) => {
    vi.mocked(open).mockRejectedValueOnce(fails(code, 'open'));
    await syncDirectory(tmpdir());
    expect(sync).not.toHaveBeenCalled();
  });

  it.each(['EIO', 'ENOSPC', 'EDQUOT', 'EROFS', 'ESTALE'])(
    'that the disk does not take is told: %s',
    async (code) => {
      sync.mockRejectedValueOnce(fails(code, 'fsync'));
      await expect(syncDirectory(tmpdir())).rejects.toMatchObject({ code });
    },
  );

  it.each(['EIO', 'EMFILE', 'ENOENT'])('that cannot be looked at is told: %s', async (code) => {
    vi.mocked(open).mockRejectedValueOnce(fails(code, 'open'));
    await expect(syncDirectory(tmpdir())).rejects.toMatchObject({ code });
  });
});

it('a file whose name the disk does not take does not count as saved', async () => {
  await inWorld({ files: { 'a.csv': { bytes: Buffer.from('a'), etag: '"v1"' } } }, async (world) => {
    sync.mockImplementation(async function (this: FileHandle) {
      const isDirectory = (await this.stat()).isDirectory();
      if (isDirectory && (await world.landed()).length > 0) throw fails('EIO', 'fsync');
    });
    expect((await world.save()).failures).toMatchObject([{ exitCode: 74 }]);
    expect(world.events.map(({ type }) => type)).not.toContain('file.saved');
    expect(await world.everythingOnDisk()).not.toContain('manifest.json');
  });
});
