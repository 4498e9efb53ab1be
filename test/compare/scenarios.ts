import { gzipSync } from 'node:zlib';

import { inOrder, type ScriptedServer } from '../helpers/scripted-server.ts';

/** A thing that happens to downloads, as a script for the store, and what has to be on disk after it. */
export interface Scenario {
  readonly title: string;
  /** The file's name on disk. */
  readonly name: string;
  /** Path of the file at the store. */
  readonly path: string;
  /** The bytes that are right in the end, gzip taken off. */
  readonly expected: Buffer;
  /** Puts the file into the store and tells it what goes wrong, in the order of the requests. */
  readonly prepare: (store: ScriptedServer, elsewhere: ScriptedServer) => void;
}

const LENGTH = 300_000;
const CUT = 120_000;
const old = text('old', LENGTH);
const fresh = text('new', LENGTH);
const packed = gzipSync(old);

/** Every scenario begins with a file of 300 kB; each tool is run, and then run once more if it did not exit with 0. */
export const scenarios: readonly Scenario[] = [
  plain('the connection breaks once', (store) => {
    store.files.set('/a.csv', { bytes: old, etag: '"old"' });
    store.fault = inOrder({ cutAfter: CUT });
  }),
  {
    ...plain('the file changes between two attempts', (store) => {
      store.files.set('/a.csv', { bytes: old });
      store.fault = inOrder({ cutAfter: CUT }, { replaceWith: { bytes: fresh } });
    }),
    expected: fresh,
  },
  plain('the link dies in the middle', (store) => {
    store.files.set('/a.csv', { bytes: old, etag: '"old"' });
    let dead = false;
    store.fault = ({ query }) => {
      const link = query.get('link');
      if (link === '1' && dead) return { status: 403, body: '<Code>AccessDenied</Code>' };
      if (link === '1') dead = true;
      return link === '1' ? { cutAfter: CUT } : undefined;
    };
  }),
  {
    title: 'a gzip file arrives cut, without a length',
    name: 'a.csv',
    path: '/a.csv.gz',
    expected: old,
    prepare: (store) => {
      store.files.set('/a.csv.gz', { bytes: packed, chunked: true });
      // The server ends the answer as if it were whole.
      store.fault = inOrder(
        { replaceWith: { bytes: packed.subarray(0, -2000), chunked: true } },
        { replaceWith: { bytes: packed, chunked: true } },
      );
    },
  },
  plain('the server answers 500 with a page', (store) => {
    store.files.set('/a.csv', { bytes: old, etag: '"old"' });
    store.fault = inOrder({ status: 500, body: '<html>sorry</html>' });
  }),
  plain('the server ignores Range', (store) => {
    store.files.set('/a.csv', { bytes: old, etag: '"old"', ranges: false });
    store.fault = inOrder({ cutAfter: CUT });
  }),
  plain('a redirect leads to another origin', (store, elsewhere) => {
    elsewhere.files.set('/a.csv', { bytes: old, etag: '"old"' });
    store.files.set('/a.csv', { bytes: old });
    store.fault = () => ({ status: 302, headers: { location: `${elsewhere.origin}/a.csv` } });
  }),
];

function plain(title: string, prepare: Scenario['prepare']): Scenario {
  return { title, name: 'a.csv', path: '/a.csv', expected: old, prepare };
}

function text(word: string, length: number): Buffer {
  return Buffer.from(
    Array.from({ length: length / 10 }, (_, n) => `${word},${String(n).padStart(5, '0')}\n`).join(''),
  ).subarray(0, length);
}
