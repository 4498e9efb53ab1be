import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import {
  isUnchanged,
  manifestPath,
  readManifest,
  readManifests,
  writeManifest,
  type Manifest,
} from '../../src/download/manifest.ts';
import { hashOf } from '../helpers/bytes.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const manifest = (id: string): Manifest => ({
  ...{ v: 1, generator: 'exportpoll/0.0.0', provider: 'acme', id, state: 'ready' },
  ...{ options: { keepCompressed: false, name: '{name}' }, startedAt: '', completedAt: '', files: [] },
});

describe('a manifest', () => {
  it('lies under the name of its export, and is read as it was written', async () => {
    const path = manifestPath(directory, 'acme', '86446/74780');
    await writeManifest(path, manifest('86446/74780'));
    expect(await readdir(directory)).toEqual(['acme-86446-74780.manifest.json']);
    expect(await readManifest(path)).toEqual(manifest('86446/74780'));
  });

  it.each(['../a.csv', '/etc/passwd', 'a/b.csv', '..', '.', ''])(
    'that names the file %j, outside of its directory, is none',
    async (name) => {
      const path = manifestPath(directory, 'acme', '1');
      const file = { name, identity: 'a', bytes: 1, rawBytes: 1, sha256: '', mtimeMs: 0 };
      await writeFile(path, JSON.stringify({ ...manifest('1'), files: [file] }));
      expect(await readManifest(path)).toBeUndefined();
    },
  );

  it.each<[string, string]>([
    ['https://fhir.example:8443/r4/status?job=1', 'acme-https_--fhir.example_8443-r4-status_job=1'],
    ['..\\..\\etc\u202e\n', 'acme-..-..-etc'],
  ])('has a name that every file system takes, for the id %j', (id, name) => {
    expect(manifestPath('', 'acme', id)).toBe(`${name}.manifest.json`);
  });

  it('has a name that is not too long, whatever the id', async () => {
    const id = `https://fhir.example/${'x'.repeat(1000)}`;
    const path = manifestPath(directory, 'acme', id);
    await writeManifest(path, manifest(id));
    expect(await readManifest(path)).toEqual(manifest(id));
  });

  it.each(['', '{', '{"v":2}', '[]'])('that is %j is none', async (text) => {
    const path = manifestPath(directory, 'acme', '1');
    await writeFile(path, text);
    expect(await readManifest(path)).toBeUndefined();
    expect(await readManifests(directory)).toEqual([]);
  });

  it('is found among others', async () => {
    for (const id of ['1', '2']) await writeManifest(manifestPath(directory, 'acme', id), manifest(id));
    await writeFile(join(directory, 'other.json'), '{}');
    expect((await readManifests(directory)).map(({ id }) => id).sort()).toEqual(['1', '2']);
    expect(await readManifests(join(directory, 'none'))).toEqual([]);
  });
});

describe('a file is unchanged', () => {
  const content = Buffer.from('id,name\n');

  async function put() {
    const path = join(directory, 'a.csv');
    await writeFile(path, content);
    const { mtimeMs } = await stat(path);
    const sizes = { bytes: content.length, rawBytes: content.length };
    return {
      path,
      file: { name: 'a.csv', identity: 'a', ...sizes, sha256: hashOf('sha256', content), mtimeMs },
    };
  }

  it('when its size and time are the same', async () => {
    const { file } = await put();
    expect(await isUnchanged(directory, file)).toBe(true);
  });

  it('when its time is another but its content the same', async () => {
    const { path, file } = await put();
    await utimes(path, 1, 1);
    expect(await isUnchanged(directory, file)).toBe(true);
  });

  it('but not when its content or size is another, or it is gone', async () => {
    const { path, file } = await put();
    await writeFile(path, 'ID,NAME\n');
    await utimes(path, 1, 1);
    expect(await isUnchanged(directory, file)).toBe(false);
    await writeFile(path, 'id');
    expect(await isUnchanged(directory, file)).toBe(false);
    await rm(path);
    expect(await isUnchanged(directory, file)).toBe(false);
  });
});
