import { once } from 'node:events';
import { lstat, type FileHandle } from 'node:fs/promises';

import type { Output } from '../context.ts';
import { OutputClosedError } from '../errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { onDisk } from './disk-errors.ts';
import { openNew, removeFile } from './durable.ts';
import type { FileOnDisk } from './part/part.ts';

/** Takes the content of a file as it is decoded. */
export interface Sink {
  /** Resolves when there is room for more; for a file, when the chunk is in it and may change. */
  write(chunk: Buffer): Promise<void>;
  /** Called once, after the last byte. */
  end(): Promise<void>;
  /** What was written so far is of no use. */
  abort(): Promise<void>;
  /** What the content is written to, for who writes it elsewhere. */
  readonly file?: FileOnDisk;
  /** Forces what was written so far to the disk; missing for what is no file. */
  sync?(): Promise<void>;
}

/** Writes a file's content to `path` (mode 0600 until it is landed) and forces it to the disk at its end. */
export async function fileSink(path: string): Promise<Sink> {
  const handle: FileHandle = await onDisk(path, async () => await openNew(path, 0o600));
  return {
    file: { descriptor: handle.fd, path },
    write: async (chunk) => await onDisk(path, async () => await writeAll(handle, chunk)),
    sync: async () => await onDisk(path, async () => await handle.sync()),
    end: async () => {
      await onDisk(path, async () => await handle.sync());
      await handle.close();
    },
    abort: async () => {
      const own = await handle.stat().catch(() => undefined);
      await handle.close().catch(() => undefined);
      const found = await lstat(path).catch(() => undefined);
      // Another run that has taken over has put its own there.
      if (own === undefined || found?.ino === own.ino) await removeFile(path);
    },
  };
}

/** A write may take less than it was given, on a disk that is about to be full for one. */
async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
}

/**
 * Writes a file's content to standard output, at the reader's pace. Rejects with OutputClosedError when the reader has
 * gone, and with the signal's reason when it aborts: a reader may take its time for ever.
 */
export function outputSink({ stream }: Output, signal: AbortSignal): Sink {
  // Not what the stream says of itself: standard output forgets its errors, so that others can go on writing to it.
  let isGone = false;
  const onPassed = (error?: Error | null): void => {
    isGone ||= error !== undefined && error !== null;
  };
  const requireReader = (): void => {
    if (isGone || !stream.writable) throw new OutputClosedError('the reader of standard output has gone');
  };
  return {
    async write(chunk) {
      requireReader();
      if (!stream.write(chunk, onPassed)) {
        // An error of the stream ends the wait, too; what it means shows below.
        await once(stream, 'drain', { signal }).catch(() => undefined);
        signal.throwIfAborted();
      }
      requireReader();
    },
    async end() {
      requireReader();
      // The last chunks may still be in the stream's own buffer; a write is called back when all before it have passed.
      const passed = new Promise<void>((resolve) => {
        stream.write('', (error) => {
          onPassed(error);
          resolve();
        });
      });
      await unlessAborted(passed, signal);
      requireReader();
    },
    abort: async () => {},
  };
}
