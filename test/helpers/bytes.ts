import { createHash } from 'node:crypto';

/** `length` bytes that look random and are the same for the same seed (mulberry32). */
export function noise(length: number, seed = 1): Buffer {
  let state = seed;
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at += 1) {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    bytes[at] = mixed ^ (mixed >>> 14);
  }
  return bytes;
}

export function hashOf(algorithm: string, bytes: Buffer, encoding: 'hex' | 'base64' = 'hex'): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}

/** The bytes in pieces that end at `cuts`. */
export async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const to of [...cuts].sort((a, b) => a - b)) {
    if (to > from && to < bytes.length) {
      yield bytes.subarray(from, to);
      from = to;
    }
  }
  yield bytes.subarray(from);
}

export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
