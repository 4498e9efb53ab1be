import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';

import type { Output } from '../context.ts';
import { OutputClosedError } from '../errors.ts';
import { onDisk } from './disk-errors.ts';
import { openNew, removeFile } from './durable.ts';
import type { FileOnDisk } from './part.ts';
import { WriteBehind } from './write-behind.ts';

/** Takes the content of a file as it is decoded. */
export interface Sink {
  write(chunk: Buffer): Promise<void>;
  /** Called once, after the last byte. */
  end(): Promise<void>;
  /** What was written so far is of no use. */
  abort(): Promise<void>;
  /** What the content is written to, for who writes it elsewhere. */
  readonly file?: FileOnDisk;
}

/** Writes a file's content to `path` (mode 0600 until it is landed) and forces it to the disk at its end. */
export async function fileSink(path: string): Promise<Sink> {
  const handle: FileHandle = await onDisk(path, async () => await openNew(path, 0o600));
  const writer = new WriteBehind(handle);
  return {
    file: { descriptor: handle.fd, path },
    write: async (chunk) => await onDisk(path, async () => await writer.append(chunk)),
    end: async () => {
      await onDisk(path, async () => {
        await writer.flush();
        await handle.sync();
      });
      await handle.close();
    },
    abort: async () => {
      await writer.flush().catch(() => undefined);
      await handle.close().catch(() => undefined);
      await removeFile(path);
    },
  };
}

/**
 * Writes a file's content to standard output, at the reader's pace. Rejects with OutputClosedError when the reader has
 * gone, and with the signal's reason when it aborts: a reader may take its time for ever.
 */
export function outputSink({ stream }: Output, signal: AbortSignal): Sink {
  return {
    async write(chunk) {
      const taken = stream.writable && stream.write(chunk);
      if (!taken && stream.writable) {
        // An error of the stream ends the wait, too; what it means shows below.
        await once(stream, 'drain', { signal }).catch(() => undefined);
        signal.throwIfAborted();
      }
      if (!stream.writable) throw new OutputClosedError('the reader of standard output has gone');
    },
    end: async () => {},
    abort: async () => {},
  };
}
