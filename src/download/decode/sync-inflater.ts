import { constants, createGunzip, type Gunzip } from 'node:zlib';

import { asIntegrityError, trailingGarbage } from './gzip-errors.ts';

/**
 * What Node's own synchronous functions use of a zlib stream. It has no public name, and was the same from Node 20 to
 * `NEWEST_NODE`.
 */
interface Internals {
  readonly _handle: {
    writeSync(
      flush: number,
      input: Buffer,
      inputAt: number,
      inputBytes: number,
      output: Buffer,
      outputAt: number,
      outputBytes: number,
    ): void;
  };
  /** Bytes of the output that are still free, and of the input that were not read. */
  readonly _writeState: Uint32Array;
}

/** The newest major version of Node that this was seen to work on. */
const NEWEST_NODE = 26;

/** Whether this Node is known to have what `SyncInflater` uses: in another one it could end the process. */
export function canInflateSync(): boolean {
  // oxlint-disable-next-line no-restricted-globals -- nothing else tells
  if (Number.parseInt(process.versions.node, 10) > NEWEST_NODE) return false;
  const stream = createGunzip() as Gunzip & Partial<Internals>;
  stream.destroy();
  return stream._writeState instanceof Uint32Array && stream._writeState.length === 2;
}

const NOTHING = Buffer.alloc(0);
/** For what may come of nothing: the end of a checksum. */
const NO_ROOM = Buffer.alloc(1);

/**
 * Inflates gzip in this very thread, as strictly as `gunzip`, into memory that can be used again and again: what a stream
 * costs in trips through the thread pool and in buffers is a third of its time.
 */
export class SyncInflater {
  readonly #stream = createGunzip() as Gunzip & Internals;
  /** After the last member nothing may come but zeros. */
  #isPadding = false;

  constructor() {
    // It is looked for after each call; without a listener it would end the process.
    this.#stream.on('error', () => undefined);
  }

  /**
   * Inflates as much of `raw`, from its byte `from` on, as `output` has room for. Returns how far it has come, and how many
   * bytes of the output are content: if all of them, there may be more. Throws IntegrityError.
   */
  inflate(raw: Buffer, from: number, output: Buffer): { at: number; bytes: number } {
    const { at, bytes } = this.#isPadding
      ? { at: from, bytes: 0 }
      : this.#write(constants.Z_NO_FLUSH, raw, from, output);
    if (bytes === output.length || at === raw.length) return { at, bytes };
    // Room was left, and yet bytes: so it is only where a zero follows a member.
    this.#isPadding = true;
    if (raw.subarray(at).some((byte) => byte !== 0)) throw trailingGarbage();
    return { at: raw.length, bytes };
  }

  /** Throws IntegrityError if the file ends too early. A cut exactly between two members cannot be seen here. */
  end(): void {
    if (!this.#isPadding) this.#write(constants.Z_FINISH, NOTHING, 0, NO_ROOM);
  }

  /** Frees the memory of zlib. */
  close(): void {
    this.#stream.destroy();
  }

  #write(flush: number, raw: Buffer, from: number, output: Buffer): { at: number; bytes: number } {
    const { _handle: handle, _writeState: state } = this.#stream;
    const room = output.length;
    handle.writeSync(flush, raw, from, raw.length - from, output, 0, room);
    if (this.#stream.errored !== null) throw asIntegrityError(this.#stream.errored);
    const [free = 0, unread = 0] = state;
    return { at: raw.length - unread, bytes: room - free };
  }
}
