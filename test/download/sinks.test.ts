import { PassThrough } from 'node:stream';

import { describe, expect, it } from 'vitest';

import { outputSink } from '../../src/download/sinks.ts';
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

  it('ends when it has gone', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    const writing = outputSink({ stream, isTTY: false }, new AbortController().signal).write(Buffer.alloc(9));
    stream.destroy(new Error('EPIPE'));
    await expect(writing).rejects.toThrow(OutputClosedError);
  });
});
