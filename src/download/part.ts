import { constants, open, rm, type FileHandle } from 'node:fs/promises';

import { diskError, onDisk } from './disk-errors.ts';
import { WriteBehind } from './write-behind.ts';
import { readSidecar, removeSidecar, writeSidecar, type Sidecar } from './sidecar.ts';

/** Where the raw bytes of a transfer are kept, so that a later attempt can go on from them. */
export interface RawStore {
  /** Bytes that are here. */
  readonly size: number;
  /** What is known about the file they belong to; without `identity` nothing is known yet. */
  readonly known: Sidecar;
  /** Everything that is here, from the first byte. */
  read(): AsyncIterable<Buffer>;
  /** The last `length` bytes that are here. */
  tail(length: number): Promise<Buffer>;
  /** Resolves when there is room for more; `chunk` must not change any more. */
  append(chunk: Buffer): Promise<void>;
  /** Remembers what is known now. */
  learn(known: Sidecar): Promise<void>;
  /** Forgets all bytes, because of `reason`. */
  restart(reason: Error): Promise<void>;
}

type Mask = (text: string) => string;

/** A `.part` on disk (mode 0600, beside the target) with its sidecar. */
export class Part implements RawStore {
  readonly path: string;
  /** For the inflated content while it is being made. */
  readonly inflatedPath: string;
  readonly #sidecarPath: string;
  readonly #handle: FileHandle;
  readonly #writer: WriteBehind;
  readonly #mask: Mask;
  #size: number;
  #known: Sidecar;

  private constructor(path: string, handle: FileHandle, mask: Mask, size: number, known: Sidecar) {
    this.path = path;
    this.inflatedPath = path.replace(/\.part$/, '.out');
    this.#sidecarPath = `${path}.json`;
    this.#handle = handle;
    this.#writer = new WriteBehind(handle);
    this.#mask = mask;
    this.#size = size;
    this.#known = known;
  }

  /**
   * Opens the part of an earlier run, or a new one. Bytes whose sidecar is missing or of another file are dropped.
   * `mask` takes secrets out of what a server says before it is written down.
   */
  static async open(path: string, identity: string, mask: Mask = (text) => text): Promise<Part> {
    return await onDisk(path, async () => {
      const handle = (await openOwn(path)) ?? (await openFresh(path));
      const known = await readSidecar(`${path}.json`);
      const mine = known?.identity === identity;
      if (!mine) await handle.truncate(0);
      const { size } = await handle.stat();
      return new Part(path, handle, mask, size, mine ? known : { identity });
    });
  }

  get size(): number {
    return this.#size;
  }

  get known(): Sidecar {
    return this.#known;
  }

  read(): AsyncIterable<Buffer> {
    // Not by its name, which may have come to mean another file.
    return this.#handle.createReadStream({
      start: 0,
      end: Math.max(0, this.#size - 1),
      highWaterMark: 256 * 1024,
      autoClose: false,
    });
  }

  async tail(length: number): Promise<Buffer> {
    await this.flush();
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#handle.read(buffer, 0, length, this.#size - length);
    return buffer.subarray(0, bytesRead);
  }

  async append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    await this.#writing(async () => await this.#writer.append(chunk));
  }

  /** Resolves when every byte is in the file. */
  async flush(): Promise<void> {
    await this.#writing(async () => await this.#writer.flush());
  }

  /** After an error, only what is in the file counts. */
  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#size = (await this.#handle.stat()).size;
      throw diskError(error, this.path);
    }
  }

  async learn(known: Sidecar): Promise<void> {
    this.#known = known;
    // A sidecar may say that all bytes are here.
    await this.flush();
    const { disposition } = known;
    const told = disposition === undefined ? known : { ...known, disposition: this.#mask(disposition) };
    await onDisk(this.#sidecarPath, async () => await writeSidecar(this.#sidecarPath, told));
  }

  async restart(): Promise<void> {
    await this.flush();
    await onDisk(this.path, async () => await this.#handle.truncate(0));
    this.#size = 0;
    await this.learn({ identity: this.#known.identity });
  }

  /** Keeps what is there for a later run; a part without a byte is of no use to it. */
  async close(): Promise<void> {
    await this.flush().catch(() => undefined);
    await this.#handle.close();
    if (this.#size === 0) await this.remove();
  }

  /** Removes whatever is left of the part. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
    await rm(this.inflatedPath, { force: true });
    await removeSidecar(this.#sidecarPath);
  }
}

/** For reading, and for writing at the end. */
const READ_AND_APPEND = constants.O_RDWR | constants.O_APPEND;

/**
 * The part of an earlier run. `undefined` for anything else of that name, which may have been put there for us to
 * write to: a link of either kind, a pipe, a device.
 */
async function openOwn(path: string): Promise<FileHandle | undefined> {
  const flags = READ_AND_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => undefined);
  const found = await handle?.stat();
  if (found?.isFile() === true && found.nlink === 1) return handle;
  await handle?.close();
  return undefined;
}

async function openFresh(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return await open(path, READ_AND_APPEND | constants.O_CREAT | constants.O_EXCL, 0o600);
}
