import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGzip, gzipSync } from 'node:zlib';

import { seeded, type Random } from '../../test/chaos/random.ts';

const MIB = 1024 * 1024;
/** Compressed. */
const LARGE_BYTES = 64 * MIB;
const PLAIN_BYTES = 400 * MIB;
/** Compressed, about. */
const SMALL_BYTES = 20_000;
export const EIGHT = 8;
export const MANY = 500;

/** Files as a store keeps them, in one folder, with how many bytes each has when it is saved. */
export interface Data {
  readonly folder: string;
  /** `large.csv.gz`, 64 MiB; `large-1.csv.gz` to `large-8.csv.gz` are the same file. */
  readonly largeBytes: number;
  /** `plain.csv`, 400 MiB. */
  readonly plainBytes: number;
  /** All of `small-1.csv.gz` to `small-500.csv.gz`, 20 KB each. */
  readonly smallBytes: number;
}

/** Makes the files, from a seed, or finds those of an earlier bench in `folder`. */
export async function prepareData(folder: string): Promise<Data> {
  await mkdir(folder, { recursive: true });
  const random = seeded(1);
  const sizes = await remember(join(folder, 'sizes.json'), async () => {
    const largeBytes = await writeLarge(folder, random);
    return { largeBytes, plainBytes: PLAIN_BYTES, smallBytes: await writeSmall(folder, random) };
  });
  return { folder, ...sizes };
}

async function remember<Value>(path: string, make: () => Promise<Value>): Promise<Value> {
  const { default: known } = await import(path, { with: { type: 'json' } }).catch(() => ({
    default: undefined,
  }));
  if (known !== undefined) return known as Value;
  const made = await make();
  await writeFile(`${path}.tmp`, JSON.stringify(made));
  await rename(`${path}.tmp`, path);
  return made;
}

/** Writes events until their gzip has the size, and all of them, repeated up to theirs, beside it. */
async function writeLarge(folder: string, random: Random): Promise<number> {
  const gzip = createGzip();
  const packed = createWriteStream(join(folder, 'large.csv.gz'));
  const plain = createWriteStream(join(folder, 'plain.csv'));
  gzip.pipe(packed);
  let bytes = 0;
  while (packed.bytesWritten < LARGE_BYTES) {
    const rows = Buffer.from(events(random, 5000));
    bytes += rows.length;
    if (!gzip.write(rows)) await once(gzip, 'drain');
    const room = PLAIN_BYTES - plain.bytesWritten - plain.writableLength;
    if (room > 0 && !plain.write(rows.subarray(0, room))) await once(plain, 'drain');
  }
  gzip.end();
  plain.end();
  await Promise.all([once(packed, 'close'), once(plain, 'close')]);
  const { size } = await stat(join(folder, 'plain.csv'));
  if (size !== PLAIN_BYTES) throw new Error(`the events compress too badly: only ${size} bytes of them`);
  return bytes;
}

async function writeSmall(folder: string, random: Random): Promise<number> {
  let bytes = 0;
  for (let n = 1; n <= MANY; n += 1) {
    let rows = '';
    while (gzipSync(rows).length < SMALL_BYTES) rows += events(random, 300);
    bytes += rows.length;
    await writeFile(join(folder, `small-${n}.csv.gz`), gzipSync(rows));
  }
  return bytes;
}

/** Rows as trackers export them; they compress about as well. */
function events(random: Random, count: number): string {
  const rows: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const time = new Date(1_600_000_000_000 + random.integer(0, 86_400_000)).toISOString();
    const device = random.integer(0, 40_000).toString(16).padStart(16, '0');
    rows.push(
      `${time},${device},${random.pick(EVENTS)},${random.pick(COUNTRIES)},10.${random.integer(0, 9)}.1,` +
        `com.example.game.${random.pick(EVENTS)},Mozilla/5.0 (Linux; Android 1${random.integer(0, 4)}),` +
        `${random.integer(0, 50)}.00,EUR,campaign-${random.integer(0, 30)}\n`,
    );
  }
  return rows.join('');
}

const EVENTS = ['install', 'session', 'payment', 'level_up', 'tutorial', 'share', 'invite'] as const;
const COUNTRIES = ['DE', 'FR', 'US', 'BR', 'IN', 'JP', 'PL', 'ES', 'IT', 'GB'] as const;
