import type { Decoded, DecodingFile } from './file-decoder.ts';

/** What a thread is told of the file `job`. */
export type Order =
  | { readonly job: number; readonly type: 'open'; readonly file: DecodingFile }
  /** There may be more to read. */
  | { readonly job: number; readonly type: 'more' }
  /** Everything is there. */
  | { readonly job: number; readonly type: 'finish' }
  /** Nobody wants it any more. */
  | { readonly job: number; readonly type: 'stop' };

/** What a thread answers, once for each file, after which it touches neither file again. */
export type Answer =
  | { readonly job: number; readonly type: 'decoded'; readonly decoded: Decoded }
  | { readonly job: number; readonly type: 'failed'; readonly failure: Failure }
  | { readonly job: number; readonly type: 'stopped' };

/** What is left of an error that goes from one thread to another. */
export interface Failure {
  /** Of its class. */
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of an error of the system. */
  readonly code: string | undefined;
  readonly syscall: string | undefined;
}
