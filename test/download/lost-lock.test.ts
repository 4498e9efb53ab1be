import { open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { LostLockError } from '../../src/errors.ts';
import { noise } from '../helpers/bytes.ts';
import { inWorld, PATIENTLY } from './world.ts';

const LOST = new LostLockError('another run has it');
const bytes = noise(4_000_000);

describe('a run that has lost its lock', () => {
  it('writes no more of what it has received', async () => {
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      world.server.fault = () => ({ stallAfter: 1000 });
      const saving = world.save();
      const ended = saving.catch((error: unknown) => error);
      await vi.waitFor(
        () => expect(world.events.map(({ type }) => type)).toContain('file.started'),
        PATIENTLY,
      );
      world.interruption.abort(LOST);
      expect(await ended).toBe(LOST);
      expect(await world.leftovers()).toEqual([]);
      expect(world.events.map(({ type }) => type)).not.toContain('file.failed');
    });
  });

  it('removes no file that another run has made under the same name', async () => {
    const zipped = gzipSync(bytes);
    await inWorld({ files: { 'a.csv.gz': { bytes: zipped, etag: '"v1"' } } }, async (world) => {
      world.server.fault = () => ({ stallAfter: 2_000_000 });
      const saving = world.save();
      const ended = saving.catch((error: unknown) => error);
      const drafts = async (): Promise<string[]> =>
        (await world.leftovers()).filter((name) => name.endsWith('.out'));
      await vi.waitFor(async () => expect(await drafts()).toHaveLength(1), PATIENTLY);
      const [draft = ''] = (await drafts()).map((name) => join(world.directory, name));
      await rm(draft);
      await writeFile(draft, 'theirs');
      world.interruption.abort(LOST);
      expect(await ended).toBe(LOST);
      expect(await readFile(draft, 'utf8')).toBe('theirs');
    });
  });

  it.each([
    ['no file', 1],
    ['no set', 3],
  ])('commits %s that is complete', async (_, syncs) => {
    const handle = await open(process.execPath);
    const methods = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const realSync: () => Promise<void> = Reflect.get(methods, 'sync');
    let count = 0;
    const sync = vi.spyOn(methods, 'sync');
    onTestFinished(() => sync.mockRestore());
    await inWorld({ files: { 'a.csv': { bytes, etag: '"v1"' } } }, async (world) => {
      // Of the file, of the journal, of the directory: the set is the next.
      sync.mockImplementation(async function (this: FileHandle) {
        count += 1;
        if (count === syncs) world.interruption.abort(LOST);
        await realSync.call(this);
      });
      await expect(world.save()).rejects.toBe(LOST);
      expect(await world.landed()).toEqual(syncs === 1 ? [] : ['a.csv']);
      expect(await world.everythingOnDisk()).not.toContain('manifest');
    });
  });
});
