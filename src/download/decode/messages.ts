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

/** What a thread says first, when it can do its work. */
export const READY = 'ready';

/** What a thread answers, once for each file, after which it touches neither file again. */
export type Answer =
  | { readonly job: number; readonly type: 'decoded'; readonly decoded: Decoded }
  | { readonly job: number; readonly type: 'failed'; readonly failure: Failure }
  | { readonly job: number; readonly type: 'stopped' };

/** Why a file could not be decoded; errors themselves lose their class between threads. */
export type Failure =
  | { readonly kind: 'damaged'; readonly message: string }
  | { readonly kind: 'tooLarge'; readonly message: string }
  | {
      readonly kind: 'disk';
      readonly path: string;
      readonly code: string | undefined;
      readonly message: string;
    }
  | { readonly kind: 'bug'; readonly message: string; readonly stack: string | undefined };
