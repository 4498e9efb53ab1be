import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

import { tooLarge } from '../max-bytes.ts';
import type { FileOnDisk } from '../part/part.ts';
import { SyncInflater } from './sync-inflater.ts';

/** A file whose raw bytes are on their way into `raw`. Both files stay open meanwhile. */
export interface DecodingFile {
  readonly raw: FileOnDisk;
  /** Where the content goes, if it is not the raw bytes themselves. */
  readonly content: FileOnDisk | undefined;
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
}

/** What was made of a whole file. */
export interface Decoded {
  /** Bytes that were read. */
  readonly rawBytes: number;
  /** Bytes of the content. */
  readonly bytes: number;
  /** Of the content, in lower-case hex. */
  readonly sha256: string;
}

/** What is read at once, and what comes of it at once: both fit a core's cache. */
const BUFFER_BYTES = 256 * 1024;
/** What a step makes of them at most: 5 ms of work, as a rule. */
const BUFFERS_A_STEP = 16;

/** Memory for one step, the same for all files of a thread. */
export interface StepMemory {
  readonly raw: Buffer;
  readonly content: Buffer;
}

export function stepMemory(): StepMemory {
  return { raw: Buffer.allocUnsafeSlow(BUFFER_BYTES), content: Buffer.allocUnsafeSlow(BUFFER_BYTES) };
}

/**
 * Follows a file as it grows: reads what is new, inflates it, hashes the content and writes it, all of it in this
 * thread. For gzip, unless the raw bytes are the content. Throws IntegrityError, CannotCreateError for a file that is too
 * large, and what the system says of a disk.
 */
export class FileDecoder {
  readonly #file: DecodingFile;
  readonly #memory: StepMemory;
  readonly #inflater: SyncInflater | undefined;
  readonly #hash = createHash('sha256');
  /** Raw bytes that are done with. */
  #at = 0;
  #bytes = 0;
  /** The last content filled its memory: zlib may have more of it. */
  #hasMore = false;

  constructor(file: DecodingFile, memory: StepMemory) {
    this.#file = file;
    this.#memory = memory;
    this.#inflater = file.content === undefined ? undefined : new SyncInflater();
  }

  /** Decodes some of what is there; false when there was nothing. */
  step(): boolean {
    const { raw } = this.#memory;
    const length = readSync(this.#file.raw.descriptor, raw, 0, raw.length, this.#at);
    if (length === 0 && !this.#hasMore) return false;
    const piece = raw.subarray(0, length);
    if (this.#inflater === undefined) this.#take(piece);
    this.#at += this.#inflater === undefined ? length : this.#inflate(piece, this.#inflater);
    return true;
  }

  /** Called once, when nothing is left of the whole file. */
  end(): Decoded {
    this.#inflater?.end();
    return { rawBytes: this.#at, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Frees its memory, whatever it has come to. */
  close(): void {
    this.#inflater?.close();
  }

  /** How many bytes of the piece are done with; what comes of a few can be very much. */
  #inflate(piece: Buffer, inflater: SyncInflater): number {
    const { content } = this.#memory;
    let at = 0;
    for (let buffers = 0; buffers < BUFFERS_A_STEP; buffers += 1) {
      const inflated = inflater.inflate(piece, at, content);
      at = inflated.at;
      this.#take(content.subarray(0, inflated.bytes));
      this.#hasMore = inflated.bytes === content.length;
      if (!this.#hasMore) break;
    }
    return at;
  }

  #take(content: Buffer): void {
    const { maxBytes, content: output } = this.#file;
    this.#bytes += content.length;
    if (maxBytes !== undefined && this.#bytes > maxBytes) throw tooLarge(maxBytes);
    this.#hash.update(content);
    if (output !== undefined) writeAllSync(output.descriptor, content);
  }
}

/** A write may take less than it was given, on a disk that is about to be full for one. */
function writeAllSync(descriptor: number, content: Buffer): void {
  for (let at = 0; at < content.length;) at += writeSync(descriptor, content, at);
}
