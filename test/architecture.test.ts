import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** The folders in the order in which an export passes through them; each imports only from those after it. */
const ORDER = ['commands', 'run', 'config', 'poll', 'ledger', 'download', 'ui', 'api', 'profiles'];
/** Worlds of their own: nothing but the composition of a run may know them, and they know nobody. */
const APART = ['sandbox', 'ui'];
/** Where everything is put together. The other files at the top are the vocabulary that all share. */
const ROOTS = new Set(['main.ts', 'program.ts', 'real-context.ts', 'index.ts']);

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

/** Every import of a file of src by another. */
const imports = files.flatMap((file) =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(/(?:from|import|import\() ?'(\.{1,2}\/[^']+)'/g)].map(
    ([, target = '']) => ({ from: file, to: normalize(join(dirname(file), target)) }),
  ),
);

/** Those between two folders. */
const edges = imports.flatMap((entry) => {
  const [from, to] = [entry.from, entry.to].map((path) =>
    path.includes('/') ? path.slice(0, path.indexOf('/')) : '',
  );
  return from === to || from === undefined || to === undefined || to === ''
    ? []
    : [{ file: entry.from, from, to }];
});

it('imports between folders go one way', () => {
  expect(edges.length).toBeGreaterThan(50);
  const backwards = edges.filter(
    ({ from, to }) => ORDER.includes(from) && ORDER.includes(to) && ORDER.indexOf(from) > ORDER.indexOf(to),
  );
  expect(backwards).toEqual([]);
});

it('nothing but the roots themselves imports them', () => {
  expect(imports.filter(({ to }) => ROOTS.has(to)).map(({ from }) => from)).toEqual(
    expect.arrayContaining(['main.ts', 'index.ts']),
  );
  expect(imports.filter(({ from, to }) => ROOTS.has(to) && !ROOTS.has(from))).toEqual([]);
});

it('the vocabulary takes no more from the folders than what profiles are, and two types', () => {
  const taken = imports
    .filter(({ from, to }) => !from.includes('/') && !ROOTS.has(from) && to.includes('/'))
    .filter(({ to }) => !to.startsWith('profiles/'));
  expect(taken.sort((a, b) => (a.from < b.from ? -1 : 1))).toEqual([
    { from: 'account.ts', to: 'ledger/entry.ts' },
    { from: 'context.ts', to: 'api/transport/http.ts' },
  ]);
  for (const { from, to } of taken) {
    expect(readFileSync(join(SRC, from), 'utf8')).toMatch(
      new RegExp(`^import type .* from './${to}';$`, 'm'),
    );
  }
});

it('imports between the folders inside a folder go one way', () => {
  const folderOf = (path: string): string => path.split('/').slice(0, 2).join('/');
  const pairs = imports
    .filter(({ from, to }) => from.split('/').length > 2 && to.split('/').length > 2)
    .map(({ from, to }) => ({ from: folderOf(from), to: folderOf(to) }));
  expect(pairs).toContainEqual({ from: 'download/decode', to: 'download/receive' });
  const bothWays = pairs.filter(
    (pair) => pair.from !== pair.to && pairs.some(({ from, to }) => from === pair.to && to === pair.from),
  );
  expect(bothWays).toEqual([]);
});

it('no file imports itself by way of others', () => {
  const done = new Set<string>();
  const circleFrom = (file: string, way: readonly string[]): readonly string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
    if (done.has(file)) return [];
    done.add(file);
    const circles = imports
      .filter(({ from }) => from === file)
      .map(({ to }) => circleFrom(to, [...way, file]));
    return circles.find((circle) => circle.length > 0) ?? [];
  };
  expect(files.map((file) => circleFrom(file, [])).filter((circle) => circle.length > 0)).toEqual([]);
});

it('every folder has its place', () => {
  const folders = new Set(
    files.filter((file) => file.includes('/')).map((file) => file.slice(0, file.indexOf('/'))),
  );
  expect([...folders].sort()).toEqual([...new Set([...ORDER, ...APART])].sort());
});

it('only a run and the commands know the terminal and the sandbox', () => {
  const intruders = edges.filter(
    ({ from, to }) => APART.includes(to) && !['commands', 'run', ''].includes(from),
  );
  expect(intruders).toEqual([]);
});

it('the program of a decoding thread loads little: all of it is plain files of the library', () => {
  const reached = new Set<string>();
  const reach = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    const text = readFileSync(join(SRC, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/^import (?!type )[^;]*? from '(\.{1,2}\/[^']+)'/gm))
      reach(normalize(join(dirname(file), target)));
  };
  reach('download/decode/worker.ts');
  expect([...reached].sort()).toEqual([
    'download/decode/file-decoder.ts',
    'download/decode/gzip-errors.ts',
    'download/decode/messages.ts',
    'download/decode/sync-inflater.ts',
    'download/decode/worker.ts',
    'download/max-bytes.ts',
    'errors.ts',
  ]);
});
