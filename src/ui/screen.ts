import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';

import type { Output } from '../context.ts';
import { writeTo } from './output.ts';

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';

/**
 * stderr as ora and cli-progress want it: always a terminal (`--progress bar` may ask for one where there is none),
 * and a write after its reader has gone does nothing.
 */
export class Screen extends Writable {
  readonly isTTY = true;
  readonly #output: Output;

  constructor(output: Output) {
    super({ decodeStrings: false });
    this.#output = output;
  }

  /** A terminal that nobody has told its size says 0, with which ora would clear lines for ever. */
  get columns(): number {
    return this.#size.columns || 80;
  }

  get rows(): number {
    return this.#size.rows || 24;
  }

  cursorTo(x: number): void {
    cursorTo(this, x);
  }

  moveCursor(dx: number, dy: number): void {
    moveCursor(this, dx, dy);
  }

  clearLine(direction: -1 | 0 | 1): void {
    clearLine(this, direction);
  }

  /** Ours rather than the libraries': theirs puts handlers on the process's signals. */
  showCursor(shown: boolean): void {
    this.write(shown ? SHOW_CURSOR : HIDE_CURSOR);
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    writeTo(this.#output, chunk.toString());
    done();
  }

  get #size(): { columns?: number; rows?: number } {
    return this.#output.stream as { columns?: number; rows?: number };
  }
}
