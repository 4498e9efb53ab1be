import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

import type { Context } from '../context.ts';
import { fromEnvironment } from './interpolate.ts';

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
