import { CannotCreateError, ExportpollError, IoError, messageOf } from '../errors.ts';

/** Turns an error of the file system into one that says what could not be done, with the right exit code. */
export function diskError(error: unknown, path: string): ExportpollError {
  if (error instanceof ExportpollError) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new IoError(`${path}: no space is left on the disk`, {
        hint: 'free some space and run the same command again; what has arrived is kept',
        cause: error,
      });
    case 'EFBIG':
      return new IoError(`${path}: the file is larger than the system allows here`, {
        hint: 'raise the limit (ulimit -f) and run the same command again; what has arrived is kept',
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CannotCreateError(`${path}: not writable (${code})`, {
        hint: 'choose another directory with --output, or change its permissions',
        cause: error,
      });
    case 'ENOENT':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENAMETOOLONG':
    case 'EISDIR':
      return new CannotCreateError(`${path}: cannot be created (${code})`, {
        hint: 'choose another directory with --output, or another name with --name',
        cause: error,
      });
    default:
      return new IoError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** The error of the file system that `thrown` is; `undefined` for anything else, which is a bug. */
export function diskErrorOf(thrown: unknown, path: string): ExportpollError | undefined {
  return thrown instanceof Error && 'syscall' in thrown ? diskError(thrown, path) : undefined;
}

/** Runs `work`, its file system errors turned into ours. */
export async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, path);
  }
}
