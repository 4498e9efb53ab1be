import { on } from 'node:events';
import type { Readable } from 'node:stream';

/** Pieces that wait for their consumer, at most 64 KiB each; more stay with the sender. */
const MOST_WAITING = 16;

/**
 * The pieces of a body, which begin to arrive now. A stream that breaks forgets what its buffer holds; here that comes
 * before the error, so that no byte that has arrived must be sent again.
 */
export function piecesOf(body: Readable): AsyncIterable<Buffer> {
  const arrivals = on(body, 'data', { close: ['end', 'close'], highWaterMark: MOST_WAITING });
  return unpacked(arrivals as AsyncIterable<[Buffer]>);
}

async function* unpacked(arrivals: AsyncIterable<[Buffer]>): AsyncGenerator<Buffer, void, undefined> {
  for await (const [piece] of arrivals) yield piece;
}
