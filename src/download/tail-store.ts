import { IntegrityError } from '../errors.ts';
import type { RawStore } from './part.ts';
import { OVERLAP_BYTES } from './plan.ts';
import type { Sidecar } from './sidecar.ts';

/**
 * For bytes that go to standard output and cannot be kept: remembers how many they were and what the last ones were,
 * which is enough to go on after a broken connection, but not to start over.
 */
export class TailStore implements RawStore {
  #size = 0;
  #known: Sidecar;
  #tail: Buffer = Buffer.alloc(0);

  constructor(identity: string) {
    this.#known = { identity };
  }

  get size(): number {
    return this.#size;
  }

  get known(): Sidecar {
    return this.#known;
  }

  // Nothing is here before the transfer begins.
  async *read(): AsyncGenerator<Buffer, void, undefined> {}

  tail(length: number): Promise<Buffer> {
    return Promise.resolve(this.#tail.subarray(this.#tail.length - length));
  }

  append(chunk: Buffer): Promise<void> {
    this.#size += chunk.length;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-OVERLAP_BYTES)]).subarray(-OVERLAP_BYTES);
    return Promise.resolve();
  }

  learn(known: Sidecar): Promise<void> {
    this.#known = known;
    return Promise.resolve();
  }

  restart(): Promise<void> {
    if (this.#size > 0)
      throw new IntegrityError('what was already written to standard output proved to be wrong');
    this.#known = { identity: this.#known.identity };
    return Promise.resolve();
  }
}
