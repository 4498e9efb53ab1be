import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import { thisMachine } from '../../../src/download/decode/method.ts';
import { DecodePool } from '../../../src/download/decode/pool.ts';
import { hashOf, noise } from '../../helpers/bytes.ts';

const content = Buffer.concat([noise(300_000), Buffer.alloc(2_000_000, 'row\n')]);
const zipped = gzipSync(content);

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  const raw = await open(join(folder, 'raw'), 'wx+');
  const output = await open(join(folder, 'out'), 'wx');
  const threads = new DecodePool({ ...thisMachine, cores: 2 });
  onTestFinished(async () => {
    await threads.close();
    await raw.close();
    await output.close();
    await rm(folder, { recursive: true });
  });
  const begin = async (to: FileHandle = output) =>
    await threads.open({
      raw: { descriptor: raw.fd, path: 'raw' },
      content: { descriptor: to.fd, path: 'out' },
      maxBytes: undefined,
    });
  return { raw, threads, begin, written: async () => await readFile(join(folder, 'out')) };
}

describe('a thread', () => {
  it('decodes what is there as the file grows, and waits for the rest', async () => {
    const { raw, begin, written } = await setUp();
    const decode = (await begin())!;
    for (const cut of [10, 100_000, 250_000, zipped.length]) {
      const { size } = await raw.stat();
      await raw.appendFile(zipped.subarray(size, cut));
      decode.more();
    }
    decode.finish();
    expect(await decode.decoded).toEqual({
      rawBytes: zipped.length,
      bytes: content.length,
      sha256: hashOf('sha256', content),
    });
    expect((await written()).equals(content)).toBe(true);
  });

  it('touches no file once it has stopped', async () => {
    const { raw, begin, written } = await setUp();
    const devNull = await open('/dev/null', 'w');
    onTestFinished(async () => await devNull.close());
    const decode = (await begin())!;
    await raw.appendFile(zipped);
    decode.more();
    await decode.stop();
    const before = (await written()).length;
    decode.more();
    decode.finish();
    // Whatever the thread did for the one before it has done by the end of the next, which writes elsewhere.
    const next = (await begin(devNull))!;
    next.finish();
    await next.decoded;
    expect((await written()).length).toBe(before);
    await decode.stop();
  });

  it('tells what the system says of a disk', async () => {
    const { raw, begin } = await setUp();
    const full = await open('/dev/full', 'w');
    onTestFinished(async () => await full.close());
    await raw.appendFile(zipped);
    const decode = (await begin(full))!;
    decode.finish();
    await expect(decode.decoded).rejects.toMatchObject({
      exitCode: 74,
      message: 'out: no space is left on the disk',
    });
  });

  it('fails what it has when it ends; what comes then is for others', async () => {
    const { threads, begin } = await setUp();
    const decode = (await begin())!;
    const outcome = decode.decoded.catch((error: unknown) => error);
    await threads.close();
    const message = 'a thread that decodes files has ended';
    expect(await outcome).toMatchObject({ exitCode: 75, message });
    await decode.stop();
    expect(await begin()).toBeUndefined();
  });
});
