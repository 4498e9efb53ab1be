import type { Output } from '../context.ts';

/**
 * Writes to a standard stream, unless its reader has gone: `| head` closes the pipe while events still come, and a
 * write after that would be an error of its own. The stream's `error` event is the business of `main.ts`.
 */
export function writeTo({ stream }: Output, text: string): void {
  if (stream.writable) stream.write(text);
}
