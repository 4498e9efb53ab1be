import { CannotCreateError } from '../errors.ts';

/** What a file that is larger than `maxBytes` ends with. */
export function tooLarge(maxBytes: number): CannotCreateError {
  return new CannotCreateError(`the file is larger than the ${maxBytes} bytes that --max-bytes allows`);
}
