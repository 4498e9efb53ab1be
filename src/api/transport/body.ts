import type { Readable } from 'node:stream';

/** Bytes that wait for their reader; more stay with the sender. */
const MOST_WAITING = 512 * 1024;

/**
 * The body of an answer, to be read once, which begins to arrive at once: a stream that breaks before anybody listens
 * tells nobody, and forgets what its buffer holds. Here all that has arrived comes before the error, so that no byte must
 * be sent again. What arrives while the reader is busy becomes one piece, since each costs the same on its way to the disk.
 */
export class Body implements AsyncIterable<Buffer> {
  readonly #stream: Readable;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #hasEnded = false;
  #failure: { readonly error: Error } | undefined;
  #wake = (): void => undefined;

  /** @param stream whose bytes have not begun to flow */
  constructor(stream: Readable) {
    this.#stream = stream;
    stream
      .on('data', (chunk: Buffer) => {
        this.#waiting.push(chunk);
        this.#bytes += chunk.length;
        if (this.#bytes >= MOST_WAITING) stream.pause();
        this.#wake();
      })
      .on('end', () => this.#end())
      // Without an end or an error it was given up, by whoever still reads it, too.
      .on('close', () => {
        if (!this.#hasEnded) this.#failure = { error: new Error('the body was given up before its end') };
        this.#end();
      })
      .on('error', (error) => {
        this.#failure = { error };
        this.#end();
      });
  }

  /** Gives up what nobody will read, and the connection with it. */
  destroy(): void {
    this.#stream.destroy();
  }

  /** Leaving the loop gives nothing up: what is at its end may keep its connection. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const [first, ...others] = this.#waiting;
      if (first !== undefined) {
        const piece = others.length === 0 ? first : Buffer.concat(this.#waiting, this.#bytes);
        this.#waiting = [];
        this.#bytes = 0;
        this.#stream.resume();
        yield piece;
      } else if (this.#hasEnded) {
        if (this.#failure !== undefined) throw this.#failure.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake();
  }
}
