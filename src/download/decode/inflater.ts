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
  readonly _writeState: readonly [number, number];
}

/** The newest major version of Node that this was seen to work on. */
const NEWEST_NODE = 26;

/** Whether this Node is known to have what `Inflater` uses: in another one it could end the process. */
// oxlint-disable-next-line no-restricted-globals -- nothing else tells
export const canInflateAtOnce = Number.parseInt(process.versions.node, 10) <= NEWEST_NODE;

const NOTHING = Buffer.alloc(0);

/**
 * Inflates gzip in this very thread, as strictly as `gunzip`, into memory that is used again and again: what a stream
 * costs in trips through the thread pool and in buffers is a third of its time. For worker threads.
 */
export class Inflater {
  readonly #stream = createGunzip() as Gunzip & Internals;
  readonly #output: Buffer;
  /** After the last member nothing may come but zeros. */
  #isPadding = false;

  /** @param output what content is inflated into */
  constructor(output: Buffer) {
    this.#output = output;
    // It is looked for after each call; without a listener it would end the process.
    this.#stream.on('error', () => undefined);
  }

  /** Passes the content of the file's next bytes to `take`, for as long as the call lasts. Throws IntegrityError. */
  inflate(raw: Buffer, take: (content: Buffer) => void): void {
    let at = 0;
    let isFull = true;
    while (isFull && !this.#isPadding) {
      const written = this.#write(constants.Z_NO_FLUSH, raw, at);
      at = written.at;
      isFull = written.bytes === this.#output.length;
      if (written.bytes > 0) take(this.#output.subarray(0, written.bytes));
    }
    // Room was left, and yet bytes, only where a zero follows a member.
    if (at < raw.length) this.#isPadding = true;
    if (raw.subarray(at).some((byte) => byte !== 0)) throw trailingGarbage();
  }

  /** Throws IntegrityError if the file ends too early. A cut exactly between two members cannot be seen here. */
  end(): void {
    if (!this.#isPadding) this.#write(constants.Z_FINISH, NOTHING, 0);
  }

  /** Frees the memory of zlib. */
  close(): void {
    this.#stream.destroy();
  }

  #write(flush: number, raw: Buffer, from: number): { at: number; bytes: number } {
    const { _handle: handle, _writeState: state } = this.#stream;
    const room = this.#output.length;
    handle.writeSync(flush, raw, from, raw.length - from, this.#output, 0, room);
    if (this.#stream.errored !== null) throw asIntegrityError(this.#stream.errored);
    const [free, unread] = state;
    return { at: raw.length - unread, bytes: room - free };
  }
}
