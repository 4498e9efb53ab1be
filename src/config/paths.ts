import { join, resolve } from 'node:path';

/** An absolute path: `~/…` is in `home`, a relative path in `directory`. */
export function locate(path: string, directory: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? join(home, path.slice(2)) : resolve(directory, path);
}
