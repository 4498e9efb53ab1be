import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { fileSink, outputSink } from '../../src/download/sinks.ts';
import { InterruptedError, OutputClosedError } from '../../src/errors.ts';

describe('what waits for the reader of standard output', () => {
  it('goes on when it reads', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const writing = outputSink({ stream, isTTY: false }, new AbortController().signal).write(Buffer.alloc(9));
    stream.resume();
    await writing;
  });

  it('ends when the run is interrupted', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const controller = new AbortController();
    const writing = outputSink({ stream, isTTY: false }, controller.signal).write(Buffer.alloc(9));
    const reason = new InterruptedError('SIGINT');
    controller.abort(reason);
    await expect(writing).rejects.toBe(reason);
  });

  it('is not whole before it has read the last bytes', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const controller = new AbortController();
    const sink = outputSink({ stream, isTTY: false }, controller.signal);
    await sink.write(Buffer.alloc(3));
    await sink.write(Buffer.alloc(3));
    const ending = sink.end();
    controller.abort(new InterruptedError('SIGINT'));
    await expect(ending).rejects.toThrow(InterruptedError);
  });

  it('ends when it has gone', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const writing = outputSink({ stream, isTTY: false }, new AbortController().signal).write(Buffer.alloc(9));
    stream.destroy(new Error('EPIPE'));
    await expect(writing).rejects.toThrow(OutputClosedError);
  });
});

describe('a file', () => {
  it('has all of a chunk when a write took less than it was given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    const methods = await prototypeOfHandles();
    const write = Reflect.get(methods, 'write') as (
      chunk: Buffer,
      at: number,
      length: number,
    ) => Promise<unknown>;
    const spy = vi.spyOn(methods, 'write').mockImplementation(async function (
      this: FileHandle,
      chunk: Buffer,
      at: number,
    ) {
      return await write.call(this, chunk, at, Math.ceil((chunk.length - at) / 2));
    } as FileHandle['write']);
    onTestFinished(() => spy.mockRestore());
    const sink = await fileSink(join(folder, 'a.out'));
    for (const text of ['one row\n', '', 'another\n']) await sink.write(Buffer.from(text));
    await sink.end();
    expect(spy.mock.calls.length).toBeGreaterThan(4);
    expect(await readFile(join(folder, 'a.out'), 'utf8')).toBe('one row\nanother\n');
  });
});

async function prototypeOfHandles(): Promise<FileHandle> {
  const handle = await open(process.execPath);
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}
