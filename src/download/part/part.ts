import { constants, open, type FileHandle } from 'node:fs/promises';

import { IntegrityError, IoError, messageOf } from '../../errors.ts';
import { diskError, onDisk } from '../disk-errors.ts';
import { openNew, removeFile } from '../durable.ts';
import { readSidecar, writeSidecar, type Sidecar } from './sidecar.ts';
import { WriteBehind } from './write-behind.ts';

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
  append(chunk: Buffer): Promise<void>;
  /** Remembers what is known now. */
  learn(known: Sidecar): Promise<void>;
  /** Forgets all bytes, because of `reason`. */
  restart(reason: Error): Promise<void>;
  /** Resolves when every byte is in a file, with that file; missing where there is none. */
  flush?(): Promise<FileOnDisk>;
  /** Forces what is in that file to the disk; missing where there is none. */
  sync?(): Promise<void>;
  /** Called whenever more bytes are in that file; replaced by who wants to know. */
  onWritten?: (() => void) | undefined;
}

/** A file that is open. */
export interface FileOnDisk {
  readonly descriptor: number;
  readonly path: string;
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly writer: WriteBehind;
}

type Mask = (text: string) => string;

/** A part that is no larger stays in memory until it is done: fetching it again costs less than what it would leave. */
const HELD_BYTES = 64 * 1024;
/** Of what is read at once. */
const READ_BYTES = 256 * 1024;

/** A `.part` on disk (mode 0600, beside the target) with its sidecar, both made when there is something to keep. */
export class Part implements RawStore {
  readonly path: string;
  /** For the inflated content while it is being made. */
  readonly inflatedPath: string;
  readonly #sidecarPath: string;
  readonly #mask: Mask;
  /** Undefined while everything is in `#held`. */
  #file: OpenFile | undefined;
  #held: Buffer[] = [];
  #size = 0;
  #known: Sidecar;
  #syncing: Promise<void> | undefined;
  #lost: IoError | undefined;
  #isRemoved = false;
  onWritten: (() => void) | undefined;

  /**
   * A new part of a file that has none at `path`. `mask` takes secrets out of what a server says before it is written
   * down.
   */
  constructor(path: string, identity: string, mask: Mask = (text) => text) {
    this.path = path;
    this.inflatedPath = path.replace(/\.part$/, '.out');
    this.#sidecarPath = `${path}.json`;
    this.#mask = mask;
    this.#known = { identity };
  }

  /**
   * Opens the part of an earlier run, or a new one. Bytes whose sidecar is missing or of another file are dropped, and so
   * are more than the file has: a power cut can leave those.
   */
  static async open(path: string, identity: string, mask?: Mask): Promise<Part> {
    return await onDisk(path, async () => {
      const part = new Part(path, identity, mask);
      const handle = (await openOwn(path)) ?? (await openNew(path, 0o600, 'ax+'));
      const known = await readSidecar(`${path}.json`);
      const { size } = await handle.stat();
      if (known?.identity === identity && size <= (known.total ?? size)) {
        part.#known = known;
        part.#size = size;
      } else await handle.truncate(0);
      part.#file = part.#fileOf(handle);
      return part;
    });
  }

  #fileOf(handle: FileHandle): OpenFile {
    return { handle, writer: new WriteBehind(handle, () => this.onWritten?.()) };
  }

  get size(): number {
    return this.#size;
  }

  get known(): Sidecar {
    return this.#known;
  }

  /** Into a new buffer each time. Throws IntegrityError when somebody else makes the file shorter meanwhile. */
  async *read(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#file === undefined) return yield* this.#held;
    await this.flush();
    // Not by its name, which may have come to mean another file; and not as a stream, which closes the file for good
    // when it is left early, whatever it is told.
    const { handle } = this.#file;
    const end = this.#size;
    for (let at = 0; at < end;) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, end - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) throw new IntegrityError(`${this.path}: made shorter by somebody else`);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  async tail(length: number): Promise<Buffer> {
    if (this.#file === undefined) return Buffer.concat(this.#held).subarray(this.#size - length);
    await this.flush();
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await this.#file.handle.read(buffer, 0, length, this.#size - length);
    return buffer.subarray(0, bytesRead);
  }

  async append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    if (this.#file === undefined) {
      this.#held.push(chunk);
      if (this.#size > HELD_BYTES) await this.#toDisk();
    } else {
      const { writer } = this.#file;
      await this.#writing(async () => await writer.append(chunk));
    }
  }

  async flush(): Promise<FileOnDisk> {
    const { handle, writer } = this.#file ?? (await this.#toDisk());
    await this.#writing(async () => await writer.flush());
    return { descriptor: handle.fd, path: this.path };
  }

  /** What fails there is lost, whatever is read later: the system tells it once. Nothing of it is kept. */
  async sync(): Promise<void> {
    const syncing = this.#syncNow();
    this.#syncing = syncing.catch(() => undefined);
    await syncing;
  }

  async #syncNow(): Promise<void> {
    try {
      await this.#file?.handle.sync();
    } catch (error) {
      this.#lost ??= new IoError(
        `${this.path}: the disk has not taken what was written (${messageOf(error)})`,
        {
          hint: 'the file is fetched anew by the next run',
          cause: error,
        },
      );
      throw this.#lost;
    }
  }

  /** After an error, only what is in the file counts. */
  async #writing<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      return await work();
    } catch (error) {
      this.#size = (await this.#file?.handle.stat())?.size ?? 0;
      throw diskError(error, this.path);
    }
  }

  async #toDisk(): Promise<OpenFile> {
    return await this.#writing(async () => {
      const handle = await openNew(this.path, 0o600, 'ax+');
      const file = this.#fileOf(handle);
      this.#file = file;
      const held = Buffer.concat(this.#held);
      this.#held = [];
      await file.writer.append(held);
      await this.#writeSidecar();
      return file;
    });
  }

  async learn(known: Sidecar): Promise<void> {
    this.#known = known;
    if (this.#file === undefined) return;
    // A sidecar may say that all bytes are here.
    await this.flush();
    await onDisk(this.#sidecarPath, async () => await this.#writeSidecar());
  }

  async #writeSidecar(): Promise<void> {
    const { disposition } = this.#known;
    const told = disposition === undefined ? {} : { disposition: this.#mask(disposition) };
    await writeSidecar(this.#sidecarPath, { ...this.#known, ...told });
  }

  async restart(): Promise<void> {
    const { handle } = this.#file ?? {};
    if (handle !== undefined) {
      await this.flush();
      await onDisk(this.path, async () => await handle.truncate(0));
    }
    this.#held = [];
    this.#size = 0;
    await this.learn({ identity: this.#known.identity });
  }

  /** Keeps what is there for a later run: raw bytes on disk, and nothing of what was made of them. */
  async close(): Promise<void> {
    await this.#syncing;
    if (this.#lost !== undefined) this.#size = 0;
    if (this.#size > 0) await this.flush().catch(() => undefined);
    await this.#file?.handle.close();
    if (this.#isRemoved) return;
    if (this.#size === 0) await this.remove();
    else await removeFile(this.inflatedPath);
  }

  /** Leaves everything as it is, and writes nothing any more: it is another run's by now. */
  async abandon(): Promise<void> {
    await this.#file?.handle.close();
  }

  /** Removes whatever is left of the part. */
  async remove(): Promise<void> {
    await removeFile(this.inflatedPath);
    if (this.#file !== undefined) {
      // The part last: whoever finds one looks for the rest as well.
      await removeFile(this.#sidecarPath);
      await removeFile(this.path);
    }
    this.#held = [];
    this.#size = 0;
    this.#isRemoved = true;
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
