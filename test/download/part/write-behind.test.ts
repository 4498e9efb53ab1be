import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { WriteBehind } from '../../../src/download/part/write-behind.ts';
import { noise } from '../../helpers/bytes.ts';

async function newFile(): Promise<{ path: string; handle: FileHandle }> {
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  const path = join(directory, 'file');
  const handle = await open(path, 'wx');
  onTestFinished(async () => {
    await handle.close();
    await rm(directory, { recursive: true });
  });
  return { path, handle };
}

const chunks = Array.from({ length: 40 }, (_, n) => noise(1000 * n + 1));

describe('writing behind', () => {
  test('leaves every byte in its place', async () => {
    const { path, handle } = await newFile();
    const writer = new WriteBehind(handle);
    for (const chunk of chunks) await writer.append(chunk);
    await writer.flush();
    expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('goes on where a write took less than it was given', async () => {
    const { path, handle } = await newFile();
    vi.spyOn(handle, 'writev').mockImplementation(async (buffers) => {
      const all = Buffer.concat(buffers as Buffer[]);
      const { bytesWritten } = await handle.write(all, 0, Math.ceil(all.length / 3));
      return { bytesWritten, buffers: [...buffers] };
    });
    const writer = new WriteBehind(handle);
    for (const chunk of chunks) await writer.append(chunk);
    await writer.flush();
    expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
  });

  test('keeps those waiting who bring more than the disk takes', async () => {
    const { handle } = await newFile();
    let proceed = (): void => undefined;
    const disk = new Promise<void>((resolve) => (proceed = resolve));
    const writev = handle.writev.bind(handle);
    vi.spyOn(handle, 'writev').mockImplementation(async (buffers) => {
      await disk;
      return await writev(buffers);
    });
    const writer = new WriteBehind(handle);
    let taken = 0;
    const bringing = (async () => {
      for (; taken < 20; taken += 1) await writer.append(noise(1024 * 1024));
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(taken).toBeLessThan(5);
    proceed();
    await bringing;
    await writer.flush();
    expect((await handle.stat()).size).toBe(20 * 1024 * 1024);
  });
});
