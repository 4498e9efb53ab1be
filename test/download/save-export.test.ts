import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readManifest, manifestPath, type Manifest } from '../../src/download/manifest.ts';
import { InterruptedError } from '../../src/errors.ts';
import { hashOf, noise } from '../helpers/bytes.ts';
import { cutWrite } from '../helpers/full-disk.ts';
import type { RemoteFile } from '../helpers/scripted-server.ts';
import { API_KEY, PATIENTLY, inWorld, type World } from './world.ts';

const names = ['a.csv', 'b.csv', 'c.csv', 'd.csv', 'e.csv'];
const files: Record<string, RemoteFile> = Object.fromEntries(
  names.map((name, at) => [name, { bytes: noise(30_000, at), etag: `"${at}"` }]),
);

const manifestOf = async ({ directory }: World): Promise<Manifest | undefined> =>
  await readManifest(manifestPath(directory, 'acme', '7'));

async function expectAllLanded(world: World): Promise<void> {
  expect(await world.landed()).toEqual(names);
  for (const name of names) expect((await world.read(name)).equals(files[name]!.bytes)).toBe(true);
  expect(await world.leftovers()).toEqual([]);
}

/** Fails the files of these names for good. */
const deny =
  (...denied: string[]): World['server']['fault'] =>
  ({ path }) =>
    denied.some((name) => path.endsWith(name)) ? { status: 403 } : undefined;

describe('an export whose files are all saved', () => {
  it('is committed by a manifest that says everything about them, and no secret', async () => {
    await inWorld({ files }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      await expectAllLanded(world);
      const manifest = await manifestOf(world);
      expect(manifest).toMatchObject({
        ...{ v: 1, generator: 'exportpoll/0.0.0', provider: 'acme', id: '7', state: 'ready' },
        options: { keepCompressed: false, name: '{name}' },
      });
      expect(manifest?.files.map(({ name }) => name)).toEqual(names);
      expect(manifest?.files[0]).toEqual({
        ...{ name: 'a.csv', identity: 'a.csv', bytes: 30_000, rawBytes: 30_000, etag: '"0"' },
        sha256: hashOf('sha256', files['a.csv']!.bytes),
        mtimeMs: expect.any(Number),
        source: { host: new URL(world.server.origin).host, path: '/files/a.csv' },
      });
      const text = await readFile(manifestPath(world.directory, 'acme', '7'), 'utf8');
      expect(text).not.toContain('sig=');
    });
  });

  it('has no known secret in any name or record', async () => {
    const name = `for-${API_KEY}.csv`;
    await inWorld({ files: { [name]: files['a.csv']! }, link: { identity: 'x' } }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      expect(await world.landed()).toEqual(['for-___.csv']);
      expect(await world.everythingOnDisk()).not.toContain(API_KEY);
    });
  });

  it('keeps its manifest also when a file of it is named like one', async () => {
    const forged = Buffer.from('{"v":1}');
    const disposition = (name: string) => ({ 'content-disposition': `attachment; filename="${name}"` });
    const forgeries: Record<string, RemoteFile> = {
      one: { bytes: forged, headers: disposition('acme-7.manifest.json') },
      two: { bytes: forged, headers: disposition('acme-8.Manifest.json.tmp') },
    };
    await inWorld({ files: forgeries }, async (world) => {
      expect((await world.save()).failures).toEqual([]);
      expect(await world.landed()).toEqual(['acme-7_manifest.json', 'acme-8_Manifest.json.tmp']);
      expect((await manifestOf(world))?.files).toHaveLength(2);
    });
  });

  it('may have none', async () => {
    await inWorld({ files: {} }, async (world) => {
      expect(await world.save()).toEqual({ files: [], failures: [] });
      expect((await manifestOf(world))?.files).toEqual([]);
    });
  });

  it('is downloaded as many files at once as --concurrency says', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = () => ({ stallAfter: 20_000 });
      const save = world.save({ concurrency: 2 });
      await expect.poll(() => world.server.requests.length, PATIENTLY).toBe(2);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(world.server.requests).toHaveLength(2);
      world.interruption.abort(new InterruptedError('SIGINT'));
      expect((await save).files).toEqual([]);
    });
  });
});

describe('a file that fails', () => {
  it('does not stop the others, is told, and keeps the manifest from being written', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = deny('b.csv');
      const { files: saved, failures } = await world.save();
      expect(saved.map(({ name }) => name)).toEqual(['a.csv', 'c.csv', 'd.csv', 'e.csv']);
      expect(failures).toMatchObject([{ exitCode: 77 }]);
      expect(world.events).toContainEqual(
        expect.objectContaining({ type: 'file.failed', file: 'b.csv', code: 77 }),
      );
      expect(await manifestOf(world)).toBeUndefined();
    });
  });

  it('because the disk was full for its line of the journal lands with the next run, and nothing is fetched again', async () => {
    await inWorld({ files, settings: { concurrency: 1 } }, async (world) => {
      const spy = await cutWrite(/^{"name":"b\.csv"/);
      const { failures } = await world.save().finally(() => spy.mockRestore());
      expect(failures).toMatchObject([
        { exitCode: 74, message: expect.stringContaining('no space is left') },
      ]);
      expect(await world.landed()).toEqual(names.filter((name) => name !== 'b.csv'));
      world.server.requests.length = 0;
      expect((await world.save()).failures).toEqual([]);
      expect(world.server.requests).toEqual([]);
      await expectAllLanded(world);
    });
  });

  it('is all that the next run asks for', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = deny('b.csv', 'd.csv');
      await world.save();
      world.server.requests.length = 0;
      world.server.fault = () => undefined;
      const { files: saved } = await world.save();
      expect(saved.map(({ name }) => name)).toEqual(names);
      expect(world.server.requests.map(({ path }) => path).sort()).toEqual(['/files/b.csv', '/files/d.csv']);
      await expectAllLanded(world);
      expect((await manifestOf(world))?.files).toHaveLength(5);
    });
  });
});

describe('what an earlier run had saved', () => {
  it('is fetched again when it was removed or changed since', async () => {
    await inWorld({ files, settings: { ifExists: 'overwrite' } }, async (world) => {
      world.server.fault = deny('e.csv');
      await world.save();
      await rm(join(world.directory, 'a.csv'));
      await writeFile(join(world.directory, 'b.csv'), 'changed');
      world.server.requests.length = 0;
      world.server.fault = () => undefined;
      await world.save();
      const asked = world.server.requests.map(({ path }) => path).sort();
      expect(asked).toEqual(['/files/a.csv', '/files/b.csv', '/files/e.csv']);
      await expectAllLanded(world);
    });
  });

  it('is fetched again under other options', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = deny('e.csv');
      await world.save();
      world.server.fault = () => undefined;
      world.server.requests.length = 0;
      await world.save({ name: 'x-{name}' });
      expect(world.server.requests).toHaveLength(5);
    });
  });

  it('keeps its name while others of the same name get another', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = deny('b.csv');
      const settings = { name: 'data.csv' };
      const first = await world.save({ ...settings, concurrency: 1 });
      expect(first.files.map(({ name }) => name)).toContain('data.csv');
      const before = new Map(first.files.map(({ identity, name }) => [identity, name]));
      world.server.fault = () => undefined;
      const second = await world.save({ ...settings, concurrency: 1 });
      expect(second.failures).toEqual([]);
      for (const { identity, name } of second.files) {
        expect(name).toBe(before.get(identity) ?? name);
        expect(await world.read(name)).toEqual(files[identity]!.bytes);
      }
      expect(new Set(second.files.map(({ name }) => name)).size).toBe(5);
    });
  });
});

describe('a file that is here already', () => {
  it('is told as such', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = deny('b.csv');
      await world.save();
      world.server.fault = () => undefined;
      world.events.length = 0;
      await world.save();
      const saved = world.events.filter((event) => event.type === 'file.saved');
      const already = saved.filter((event) => event.already === true).map(({ file }) => file);
      expect(already.sort()).toEqual(['a.csv', 'c.csv', 'd.csv', 'e.csv']);
      expect(saved).toHaveLength(5);
    });
  });

  it('is told to be left alone by --if-exists skip', async () => {
    await inWorld({ files, settings: { ifExists: 'skip' } }, async (world) => {
      await writeFile(join(world.directory, 'b.csv'), 'theirs');
      await world.save();
      expect(world.events.filter(({ type }) => type === 'warning')).toEqual([
        {
          ...{ type: 'warning', provider: 'acme', id: '7' },
          message: 'b.csv is left alone: it exists (--if-exists skip)',
        },
      ]);
    });
  });

  it('stays exportpoll’s own after runs under other names', async () => {
    await inWorld({ files }, async (world) => {
      await world.save();
      await writeFile(join(world.directory, 'a.csv'), 'edited');
      for (const name of ['x-{name}', 'y-{name}']) await world.save({ name });
      const { files: now, earlier = [] } = (await manifestOf(world))!;
      expect(now.map(({ name }) => name)).toEqual(names.map((name) => `y-${name}`));
      const kept = [...names.slice(1), ...names.map((name) => `x-${name}`)].sort();
      expect(earlier.map(({ name }) => name).sort()).toEqual(kept);
      await rm(join(world.directory, 'a.csv'));
      expect((await world.save()).failures).toEqual([]);
    });
  });
});

describe('an interruption', () => {
  it('stops everything, tells no failure, and loses nothing', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = ({ path }) => (path.endsWith('a.csv') ? undefined : { stallAfter: 20_000 });
      const save = world.save();
      await expect.poll(() => world.events.some(({ type }) => type === 'file.saved'), PATIENTLY).toBe(true);
      await expect.poll(() => world.server.requests.length, PATIENTLY).toBe(5);
      world.interruption.abort(new InterruptedError('SIGINT'));
      const { files: saved, failures } = await save;
      expect(saved.map(({ name }) => name)).toEqual(['a.csv']);
      expect(failures).toHaveLength(4);
      expect(failures.every((failure) => failure instanceof InterruptedError)).toBe(true);
      expect(world.events.filter(({ type }) => type === 'file.failed')).toEqual([]);
      expect(await world.landed()).toEqual(['a.csv']);
    });
  });
});

describe('a directory that does not take the files', () => {
  it('is told for each of them', async () => {
    await inWorld({ files }, async (world) => {
      await rm(world.directory, { recursive: true });
      await writeFile(world.directory, '');
      const { failures } = await world.save();
      expect(failures.map(({ exitCode }) => exitCode)).toEqual([73, 73, 73, 73, 73]);
      await rm(world.directory);
      await mkdir(world.directory);
    });
  });
});
