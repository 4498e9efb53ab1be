import { IntegrityError } from '../../errors.ts';
import type { RawStore } from '../part/part.ts';
import { OVERLAP_BYTES } from './plan.ts';
import type { Sidecar } from '../part/sidecar.ts';

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

  async restart(reason: Error): Promise<void> {
    if (this.#size > 0) {
      throw new IntegrityError(`${reason.message}; a part of it is already on standard output`, {
        hint: 'with --output DIR, files get their names only when they are whole and verified',
        cause: reason,
      });
    }
    this.#known = { identity: this.#known.identity };
  }
}
