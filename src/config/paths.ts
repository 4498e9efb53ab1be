import { existsSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

import type { Context } from '../context.ts';
import { messageOf } from '../errors.ts';
import { fromEnvironment } from './interpolate.ts';

/** An absolute path: `~/…` is in `home`, a relative path in `directory`. */
export function locate(path: string, directory: string, home: string): string {
  if (path === '~') return home;
  return path.startsWith('~/') ? join(home, path.slice(2)) : resolve(directory, path);
}

/** Whether a path is in the directory `root`, and no part of `.git`. Both are absolute, without symbolic links. */
export function isInside(path: string, root: string): boolean {
  const segments = relative(root, path).split(sep);
  return (
    segments[0] !== '..' &&
    !isAbsolute(segments.join(sep)) &&
    !segments.some((segment) => segment.toLowerCase() === '.git')
  );
}

/** Configuration, profiles and secrets are written by hand, or fit on a screen. */
const MOST_BYTES = 1024 * 1024;

/**
 * To be called before a file is read that somebody names: reading a pipe or a device may never end, or not before
 * memory does. Throws RangeError, or the file system's error.
 */
export function requireSmallFile(path: string): void {
  const found = statSync(path);
  if (!found.isFile()) throw new RangeError('it is not a regular file');
  if (found.size > MOST_BYTES) throw new RangeError('it is larger than 1 MiB');
}

/** Why a file cannot be read, for a sentence that names it: the file system's own words name it once more. */
export function whyUnreadable(error: unknown): string {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file';
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    default:
      return messageOf(error);
  }
}

/**
 * Where a project file may be, nearest first: the current directory, and upwards to the root of its repository or
 * to home, whichever comes first. Outside of both only the current directory: what lies above belongs to others.
 */
export function projectDirectories(
  cwd: string,
  home: string,
  exists: (path: string) => boolean = existsSync,
): string[] {
  const directories: string[] = [];
  for (let directory = cwd; ; directory = dirname(directory)) {
    directories.push(directory);
    if (directory === home || exists(join(directory, '.git'))) return directories;
    if (directory === dirname(directory)) return [cwd];
  }
}

/** The user file, in each of its spellings. */
export function userFiles(context: Context): string[] {
  const given = fromEnvironment(context.env, 'XDG_CONFIG_HOME');
  // XDG base directories, 2: "If an implementation encounters a relative path … it should … ignore it."
  const base = given !== undefined && isAbsolute(given) ? given : join(context.home, '.config');
  return ['yaml', 'yml', 'json'].map((extension) => join(base, 'exportpoll', `config.${extension}`));
}

/** Where a search looks, in words. */
export function searchedPlaces(context: Context): string {
  const directories = projectDirectories(context.cwd, context.home).join(', ');
  const project = `.exportpollrc, .config/exportpollrc (each also with .json, .yaml or .yml) and package.json in ${directories}`;
  return `${project}; ${userFiles(context).join(', ')}`;
}
