import { createHash } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';

import { tooLarge } from '../max-bytes.ts';
import { Inflater } from './inflater.ts';

/** A file whose raw bytes are on their way into `raw`. The numbers are descriptors of files that stay open meanwhile. */
export interface DecodingFile {
  readonly raw: number;
  /** Where the content goes, if it is not the raw bytes themselves. */
  readonly content: number | undefined;
  /** The most bytes of content that are accepted. */
  readonly maxBytes: number | undefined;
}

/** What was made of a whole file. */
export interface Decoded {
  /** Bytes of the content. */
  readonly bytes: number;
  /** Of the content, in lower-case hex. */
  readonly sha256: string;
}

/** A step is 5 ms of work, as a rule; what is read and what comes of it fit a core's cache. */
const BUFFER_BYTES = 256 * 1024;

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
 * thread. For gzip, unless the raw bytes are the content. Throws IntegrityError, CannotCreateError for a file that is too large, and
 * what the system says of a disk.
 */
export class FileDecoder {
  readonly #file: DecodingFile;
  readonly #memory: StepMemory;
  readonly #inflater: Inflater | undefined;
  readonly #hash = createHash('sha256');
  #at = 0;
  #bytes = 0;

  constructor(file: DecodingFile, memory: StepMemory) {
    this.#file = file;
    this.#memory = memory;
    this.#inflater = file.content === undefined ? undefined : new Inflater(memory.content);
  }

  /** Decodes some of what is there; false when there was nothing. */
  step(): boolean {
    const { raw } = this.#memory;
    const length = readSync(this.#file.raw, raw, 0, raw.length, this.#at);
    this.#at += length;
    const piece = raw.subarray(0, length);
    if (this.#inflater === undefined) this.#take(piece);
    else this.#inflater.inflate(piece, (content) => this.#take(content));
    return length > 0;
  }

  /** Called once, when nothing is left of the whole file. */
  end(): Decoded {
    this.#inflater?.end();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Frees its memory, whatever it has come to. */
  close(): void {
    this.#inflater?.close();
  }

  #take(content: Buffer): void {
    const { maxBytes, content: output } = this.#file;
    this.#bytes += content.length;
    if (maxBytes !== undefined && this.#bytes > maxBytes) throw tooLarge(maxBytes);
    this.#hash.update(content);
    if (output !== undefined) writeAllSync(output, content);
  }
}

/** A write may take less than it was given, on a disk that is about to be full for one. */
function writeAllSync(descriptor: number, content: Buffer): void {
  for (let at = 0; at < content.length;) at += writeSync(descriptor, content, at);
}
