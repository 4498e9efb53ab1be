import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { commitManifest, exportKey, placeManifest } from '../../src/download/export-files.ts';
import type { Manifest } from '../../src/download/manifest.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

const manifest = (provider: string, id: string): Manifest => ({
  ...{ v: 1, generator: 'exportpoll/0.0.0', provider, id, state: 'ready' },
  ...{ options: { keepCompressed: false, name: '{name}' }, startedAt: '', completedAt: '', files: [] },
});

type Twin = readonly [provider: string, id: string];

/** Exports whose names are spelled the same in that of their manifest. */
const TWINS: readonly (readonly [Twin, Twin])[] = [
  [
    ['acme', 'a/b'],
    ['acme', 'a-b'],
  ],
  [
    ['a', 'x-ok'],
    ['a-x', 'ok'],
  ],
];

describe.each(TWINS)('the exports %j and %j', (one, other) => {
  it('have different keys', () => {
    const [first, second] = [one, other].map(([provider, id]) => exportKey({ provider, id }));
    expect(first).not.toBe(second);
  });

  it('have a manifest each, whichever is first', async () => {
    const [first, second] = [manifest(...one), manifest(...other)];
    await commitManifest(directory, first);
    expect(await placeManifest(directory, second)).toMatchObject({ manifest: undefined });
    for (let round = 0; round < 2; round += 1) {
      await commitManifest(directory, second);
      await commitManifest(directory, first);
    }
    expect((await placeManifest(directory, first)).manifest).toEqual(first);
    expect((await placeManifest(directory, second)).manifest).toEqual(second);
    expect(await readdir(directory)).toHaveLength(2);
  });

  it('have a manifest each also when they are committed at once', async () => {
    const both = [manifest(...one), manifest(...other)];
    await Promise.all(both.map(async (each) => await commitManifest(directory, each)));
    for (const each of both) expect((await placeManifest(directory, each)).manifest).toEqual(each);
  });
});

describe('the manifest of an export', () => {
  it('has the plain name, also where something that is no manifest was in its place', async () => {
    await writeFile(join(directory, 'acme-a-b.manifest.json'), '{}');
    await commitManifest(directory, manifest('acme', 'a/b'));
    expect(await readdir(directory)).toEqual(['acme-a-b.manifest.json']);
    expect((await placeManifest(directory, { provider: 'acme', id: 'a/b' })).manifest).toBeDefined();
  });
});
