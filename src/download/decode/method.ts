import { availableParallelism } from 'node:os';

import { canInflateSync } from './sync-inflater.ts';

/** A file that is about to be decoded. */
export interface Candidate {
  /** Of its raw bytes; 0 if nobody has told. */
  readonly bytes: number;
  readonly isGzip: boolean;
  /** Whether it is the only one on its way, over one connection. */
  readonly isAlone: boolean;
  /** Whether what comes of it, if that is not the raw bytes themselves, goes into a file. */
  readonly isSaved: boolean;
}

export interface Machine {
  readonly cores: number;
  /** Whether zlib can be called synchronously. */
  readonly canInflate: () => boolean;
  /** From so many raw bytes on a file is large. */
  readonly largeBytes: number;
}

export const thisMachine: Machine = {
  cores: availableParallelism(),
  canInflate: canInflateSync,
  // Below, a thread takes longer to start (30 ms) than it saves.
  largeBytes: 16 * 1024 * 1024,
};

/** Where a file is decoded; see `methodFor`. */
export type Method = 'thread' | 'inPlace' | 'stream';

/**
 * Where a file is decoded:
 * * in a `thread` of its own, which follows the raw file as it grows;
 * * `inPlace`, where it arrives, into memory that is used again;
 * * by a `stream`, for which zlib's own threads work.
 *
 * | a large file | alone | one of several |
 * | --- | --- | --- |
 * | gzip, into a file | in place: a second core writes, and sends | thread |
 * | not gzip | thread: it is only hashed | thread |
 * | gzip, to standard output, which keeps what it is given | stream | stream |
 *
 * A small one takes the stream, and so does gzip where zlib cannot be called synchronously. With a single core a thread
 * saves nothing.
 */
export function methodFor(
  { bytes, isGzip, isAlone, isSaved }: Candidate,
  { cores, canInflate, largeBytes }: Machine,
): Method {
  if (bytes < largeBytes || !isSaved || (isGzip && !canInflate())) return 'stream';
  if (cores > 1 && !(isGzip && isAlone)) return 'thread';
  return isGzip ? 'inPlace' : 'stream';
}
