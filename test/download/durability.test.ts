import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';

import { Ledger } from '../../src/ledger/ledger.ts';
import { inWorld } from './world.ts';

/** What was done to files, in the order in which it was over. */
const done: string[] = [];
const paths = new WeakMap<object, string>();

vi.mock(import('node:fs/promises'), async (original) => {
  const real = await original();
  return {
    ...real,
    open: async (...args) => {
      const handle = await real.open(...args);
      paths.set(handle, String(args[0]));
      return handle;
    },
    rename: async (from, to) => {
      await real.rename(from, to);
      done.push(`rename ${nameOf(from)} ${nameOf(to)}`);
    },
    link: async (from, to) => {
      await real.link(from, to);
      done.push(`link ${nameOf(from)} ${nameOf(to)}`);
    },
    unlink: async (path) => {
      await real.unlink(path);
      done.push(`unlink ${nameOf(path)}`);
    },
  };
});

/** Without what differs from run to run. */
function nameOf(path: unknown): string {
  const name = basename(String(path));
  return name.startsWith('exportpoll-test-') ? 'directory' : name.replace(/\.[0-9a-f]{8,}\./, '.');
}

beforeEach(async () => {
  const handle = await open(process.execPath);
  const methods = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const calls = { write: 'write', writev: 'write', writeFile: 'write', sync: 'sync' } as const;
  for (const [method, name] of Object.entries(calls)) {
    const real = Reflect.get(methods, method) as (...args: unknown[]) => Promise<unknown>;
    vi.spyOn(methods, method as 'sync').mockImplementation(async function (this: FileHandle, ...args) {
      const result = await real.apply(this, args);
      done.push(`${name} ${nameOf(paths.get(this))}`);
      return result as undefined;
    });
  }
  done.length = 0;
});
afterEach(() => void vi.restoreAllMocks());

/** The names that a crash leaves are never those of content that it has not left. */
it('the files of an export are on disk before their names are, and both before they are told of', async () => {
  const files = {
    'a.csv': { bytes: Buffer.from('plain\n'), etag: '"a"' },
    'b.csv.gz': { bytes: gzipSync('zipped\n'), etag: '"b"' },
  };
  await inWorld({ files, settings: { concurrency: 1 } }, async (world) => {
    expect((await world.save()).failures).toEqual([]);
  });
  // Of what a part is worth without its sidecar, and a sidecar without its part, nothing is lost but time.
  expect(done.filter((step) => !step.includes('.part.json'))).toEqual([
    // A file's content.
    'write .a.csv.part',
    'sync .a.csv.part',
    // The journal, which says that it is complete.
    'write .acme-7.journal.tmp',
    'sync .acme-7.journal.tmp',
    'rename .acme-7.journal.tmp .acme-7.journal',
    'sync directory',
    // Its name.
    'link .a.csv.part a.csv',
    'unlink .a.csv.part',
    'sync directory',
    // The next file: the journal has a line more.
    'write .b.csv.gz.out',
    'sync .b.csv.gz.out',
    'write .acme-7.journal',
    'sync .acme-7.journal',
    'link .b.csv.gz.out b.csv',
    'unlink .b.csv.gz.out',
    'sync directory',
    // The manifest, which stands for all of them; only then is the journal of no use.
    'write .acme-7.manifest.tmp',
    'sync .acme-7.manifest.tmp',
    'link .acme-7.manifest.tmp acme-7.manifest.json',
    'unlink .acme-7.manifest.tmp',
    'sync directory',
    'unlink .acme-7.journal',
  ]);
});

it('a file that takes the place of another has its name on disk before it counts', async () => {
  const files = { 'a.csv': { bytes: Buffer.from('plain\n'), etag: '"a"' } };
  await inWorld({ files, settings: { ifExists: 'overwrite' } }, async (world) => {
    await writeFile(join(world.directory, 'a.csv'), 'older');
    expect((await world.save()).failures).toEqual([]);
  });
  const replaced = done.indexOf('rename .a.csv.part a.csv');
  expect(done.slice(replaced).slice(0, 3)).toEqual([
    'rename .a.csv.part a.csv',
    'sync directory',
    'unlink .a.csv.part.json',
  ]);
});

it('what the ledger has of an export is on disk before its request is sent', async () => {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const ledger = new Ledger({ env: { XDG_STATE_HOME: state }, home: '/', pid: process.pid });
  const at = new Date(0).toISOString();
  const options = { keepCompressed: false, name: '{name}' };
  const entry = { v: 1, provider: 'acme', api: 'https://api.example', id: '7', state: 'starting' } as const;
  await ledger.write({ ...entry, output: '/', options, createdAt: at, updatedAt: at }, { durable: true });
  expect(done).toEqual([
    expect.stringMatching(/^write .*\.tmp$/),
    expect.stringMatching(/^sync .*\.tmp$/),
    expect.stringMatching(/^rename .*\.tmp .*\.json$/),
    'sync exportpoll',
  ]);
});
