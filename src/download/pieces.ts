import type { Readable } from 'node:stream';

/** Pieces that wait for their consumer, at most 64 KiB each; more stay with the sender. */
const MOST_WAITING = 16;

/**
 * The pieces of a body, which begin to arrive now. A stream that breaks forgets what its buffer holds; here that comes
 * before the error, so that no byte that has arrived must be sent again. Not `events.on`, which takes 32 KiB for every
 * stream, however small.
 */
export function piecesOf(body: Readable): AsyncIterable<Buffer> {
  const waiting: Buffer[] = [];
  let end: { readonly error?: Error } | undefined;
  let wake = (): void => undefined;
  const finish = (how: { readonly error?: Error }): void => {
    // After an error comes "close", which is none.
    end ??= how;
    wake();
  };
  const onData = (piece: Buffer): void => {
    waiting.push(piece);
    if (waiting.length >= MOST_WAITING) body.pause();
    wake();
  };
  const onEnd = (): void => finish({});
  body.on('data', onData).on('end', onEnd).on('close', onEnd);
  body.on('error', (error) => finish({ error }));
  return taken();

  async function* taken(): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const piece = waiting.shift();
        if (piece !== undefined) {
          if (body.isPaused()) body.resume();
          yield piece;
        } else if (end === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if (end.error === undefined) {
          return;
        } else {
          throw end.error;
        }
      }
    } finally {
      body.off('data', onData).off('end', onEnd).off('close', onEnd);
    }
  }
}
