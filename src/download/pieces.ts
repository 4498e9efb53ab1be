import type { Readable } from 'node:stream';

/** Bytes that wait for their consumer; more stay with the sender. */
const MOST_WAITING = 512 * 1024;

/**
 * The pieces of a body, which begin to arrive now; what arrives while the consumer is busy becomes one piece, since
 * each costs the same on its way to the disk. A stream that breaks forgets what its buffer holds; here that comes
 * before the error, so that no byte that has arrived must be sent again.
 */
export function piecesOf(body: Readable): AsyncIterable<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  let failure: { readonly error: Error } | undefined;
  let wake = (): void => undefined;
  const end = (): void => {
    ended = true;
    wake();
  };
  body
    .on('data', (chunk: Buffer) => {
      waiting.push(chunk);
      bytes += chunk.length;
      if (bytes >= MOST_WAITING) body.pause();
      wake();
    })
    .on('end', end)
    .on('close', end)
    .on('error', (error) => {
      failure = { error };
      end();
    });
  async function* pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const [first, ...others] = waiting;
      if (first !== undefined) {
        const piece = others.length === 0 ? first : Buffer.concat(waiting, bytes);
        waiting = [];
        bytes = 0;
        body.resume();
        yield piece;
      } else if (ended) {
        if (failure !== undefined) throw failure.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return pieces();
}
