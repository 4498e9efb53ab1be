import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Delivery, Scenario } from '../scenarios/scenario.ts';
import { contentsOf } from './contents.ts';

/** A file as it goes over the wire, made once and kept in the temporary directory. */
export interface ShelvedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex, of all bytes. */
  readonly md5: string;
  readonly sha1: string;
}

/** Makes files when they are first asked for. */
export interface Shelf {
  /** The same promise for everybody who asks for the same file. */
  take(scenario: Scenario, delivery: Delivery): Promise<ShelvedFile>;
  /** Removes what was made. */
  clear(): Promise<void>;
}

export function createShelf(rows: number): Shelf {
  const files = new Map<string, Promise<ShelvedFile>>();
  let directory: Promise<string> | undefined;

  return {
    take(scenario, delivery) {
      const key = `${scenario.provider}/${scenario.id}/${delivery.name}`;
      const known = files.get(key);
      if (known !== undefined) return known;
      directory ??= mkdtemp(join(tmpdir(), 'exportpoll-sandbox-'));
      const number = files.size;
      const made = directory.then(
        async (parent) => await make(join(parent, String(number)), scenario, delivery, rows),
      );
      files.set(key, made);
      return made;
    },

    async clear() {
      await Promise.allSettled(files.values());
      if (directory !== undefined) await rm(await directory, { recursive: true, force: true });
    },
  };
}

async function make(
  path: string,
  scenario: Scenario,
  delivery: Delivery,
  rows: number,
): Promise<ShelvedFile> {
  const md5 = createHash('md5');
  const sha1 = createHash('sha1');
  let size = 0;
  await pipeline(
    Readable.from(contentsOf(scenario, delivery, rows)),
    delivery.content === 'gzip' ? createGzip() : new PassThrough(),
    async function* measure(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        md5.update(chunk);
        sha1.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path, { mode: 0o600 }),
  );
  return { path, size, md5: md5.digest('hex'), sha1: sha1.digest('hex') };
}
