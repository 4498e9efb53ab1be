import { IntegrityError } from '../../errors.ts';

/** There is more than a file of gzip may have after its last member. */
export function trailingGarbage(): IntegrityError {
  return new IntegrityError('the gzip file has data after its end');
}

/** What zlib says of a file, in our words; any other error as it is. */
export function asIntegrityError(error: unknown): Error {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  switch (code) {
    case 'Z_BUF_ERROR':
      return new IntegrityError('the gzip file is cut short', { cause: error });
    case 'Z_DATA_ERROR':
      return new IntegrityError(`the gzip file is damaged: ${(error as Error).message}`, { cause: error });
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return trailingGarbage();
    default:
      return error as Error;
  }
}
