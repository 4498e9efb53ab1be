import { link, lstat, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { exportKey } from '../../src/download/export-files.ts';
import { Journal } from '../../src/download/journal.ts';
import { Locks } from '../../src/download/lock/lock.ts';
import { manifestPath, readManifests, readManifest } from '../../src/download/manifest.ts';
import { readSidecar } from '../../src/download/part/sidecar.ts';
import { noise } from '../helpers/bytes.ts';
import { inWorld, type World } from './world.ts';

const content = noise(50_000, 1);
const files = { 'a.csv.gz': { bytes: gzipSync(content), etag: '"1"' } };

/** Plants something under every name that a run could write to before a file has its own, then runs again. */
async function saveAround(
  world: World,
  plant: (path: string, victim: string) => Promise<void>,
): Promise<void> {
  const { directory } = world;
  const elsewhere = await mkdtemp(join(tmpdir(), 'exportpoll-victim-'));
  onTestFinished(async () => await rm(elsewhere, { recursive: true }));
  const victim = join(elsewhere, 'victim');
  await writeFile(victim, 'precious');
  world.server.fault = () => ({ cutAfter: 10_000 });
  await world.save({ retries: 0 });
  world.server.fault = () => undefined;
  const part = (await readdir(directory)).find((name) => name.endsWith('.part')) ?? '';
  const key = exportKey({ provider: 'acme', id: '7' });
  const names = [
    ...[part, part.replace(/part$/, 'out'), `${part}.json`, `${part}.json.tmp`],
    ...['acme-7.manifest.json', 'acme-7.manifest.json.tmp', '.acme-7.manifest.json.tmp'],
    ...[`.${key}.manifest.tmp`, '.acme-7.journal', '.acme-7.journal.tmp'],
  ];
  for (const name of names) {
    await rm(join(directory, name), { force: true });
    await plant(join(directory, name), victim);
  }
  expect((await world.save()).failures).toEqual([]);
  expect(await readFile(victim, 'utf8')).toBe('precious');
  expect((await world.read('a.csv')).equals(content)).toBe(true);
  expect((await lstat(join(directory, 'a.csv'))).isFile()).toBe(true);
}

describe('what somebody has put where a run writes', () => {
  it.each([
    ['symbolic links', async (path: string, victim: string) => await symlink(victim, path)],
    ['hard links', async (path: string, victim: string) => await link(victim, path)],
    ['pipes', async (path: string) => void (await execa('mkfifo', [path]))],
  ] as const)('is not written to: %s', async (_, plant) => {
    await inWorld({ files }, async (world) => await saveAround(world, plant));
  });

  it('does not get the bytes of a part, either, that was resumed', async () => {
    await inWorld({ files }, async (world) => {
      world.server.fault = () => ({ cutAfter: 10_000 });
      await world.save({ retries: 0 });
      world.server.fault = () => undefined;
      const part = (await readdir(world.directory)).find((name) => name.endsWith('.part')) ?? '';
      const path = join(world.directory, part);
      await rename(path, `${path}.victim`);
      await symlink(`${path}.victim`, path);
      const before = await readFile(`${path}.victim`);
      expect((await world.save()).failures).toEqual([]);
      expect((await readFile(`${path}.victim`)).equals(before)).toBe(true);
    });
  });
});

describe('a pipe in the place of a record', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true, force: true });
  });
  const pipe = async (name: string): Promise<string> => {
    await execa('mkfifo', [join(directory, name)]);
    return join(directory, name);
  };

  it('is no manifest and no sidecar', async () => {
    await pipe('acme-7.manifest.json');
    expect(await readManifest(manifestPath(directory, 'acme', '7'))).toBeUndefined();
    expect(await readManifests(directory)).toEqual([]);
    expect(await readSidecar(await pipe('sidecar'))).toBeUndefined();
  });

  it('is no journal', async () => {
    await pipe('.acme-7.journal');
    expect((await Journal.open(directory, 'acme-7', {})).names()).toEqual([]);
  });

  it('is no lock', async () => {
    await pipe('.acme-7.lock');
    const release = await new Locks(process.pid).acquire(directory, 'acme-7');
    await release();
    expect(await readdir(directory)).toEqual([]);
  });
});
