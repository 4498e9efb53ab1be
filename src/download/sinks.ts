import { once } from 'node:events';
import { open, rm, type FileHandle } from 'node:fs/promises';

import type { Output } from '../context.ts';
import { onDisk } from './disk-errors.ts';
import type { Sink } from './transfer.ts';

/** Writes a file's content to `path` (mode 0600 until it is landed) and forces it to the disk at its end. */
export async function fileSink(path: string): Promise<Sink> {
  const handle: FileHandle = await onDisk(path, async () => await open(path, 'w', 0o600));
  return {
    write: async (chunk) => await onDisk(path, async () => await handle.writeFile(chunk)),
    end: async () => {
      await onDisk(path, async () => await handle.sync());
      await handle.close();
    },
    abort: async () => {
      await handle.close().catch(() => undefined);
      await rm(path, { force: true });
    },
  };
}

/** Writes a file's content to standard output, at the reader's pace. */
export function outputSink({ stream }: Output): Sink {
  return {
    write: async (chunk) => {
      if (!stream.write(chunk)) await once(stream, 'drain');
    },
    end: async () => {},
    abort: async () => {},
  };
}
