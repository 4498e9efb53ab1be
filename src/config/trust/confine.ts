import { lstatSync, readlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { ConfigError } from '../../errors.ts';
import { complaints } from '../complaints.ts';
import type { ConfigFile } from '../config-file.ts';
import { isInside, locate } from '../paths.ts';
import { trustHint } from './trust.ts';

/** As many as Linux follows (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * A file that was found by search may have come with somebody's repository. It may have files saved in the directory
 * that it came with only: what is saved elsewhere, as `~/.config/exportpoll/config.yaml`, may be a program to run. The
 * same holds for `.git`, which no repository can bring along.
 */
export function outputsOutside(file: ConfigFile, home: string): ConfigError[] {
  if (file.kind !== 'project') return [];
  const { output, exports } = file.data;
  const named = [
    { key: ['output'], output },
    ...Object.entries(exports).map(([name, entry]) => ({
      key: ['exports', name, 'output'],
      output: entry.output,
    })),
  ];
  const root = realPath(file.directory);
  const outside = named.filter(({ output }) => {
    if (output === undefined || output === '-') return false;
    const path = realPath(locate(output, file.directory, home));
    return path === undefined || root === undefined || !isInside(path, root);
  });
  return complaints(
    outside,
    ({ key, output }) =>
      `${file.at(key)} is outside of ${file.directory}, or a part of .git: ${output}; ${trustHint(file)}`,
  ).map((complaint) => new ConfigError(complaint));
}

/** The path without symbolic links, also where its end does not exist yet; `undefined` when they lead in circles. */
function realPath(path: string, links = 0): string | undefined {
  if (dirname(path) === path) return path;
  const parent = realPath(dirname(path), links);
  if (parent === undefined) return undefined;
  const here = join(parent, basename(path));
  const target = linkAt(here);
  if (target === undefined) return here;
  return links === MOST_LINKS ? undefined : realPath(resolve(parent, target), links + 1);
}

function linkAt(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
    ? readlinkSync(path)
    : undefined;
}
