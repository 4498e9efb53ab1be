import { statSync } from 'node:fs';
import { join } from 'node:path';

import { ConfigError } from '../../errors.ts';
import type { Explorer } from './cosmiconfig.ts';
import { requireSmallFile, whyUnreadable } from '../paths.ts';

const PLACES = ['exportpollrc', 'exportpollrc.json', 'exportpollrc.yaml', 'exportpollrc.yml'];
const SEARCH_PLACES = [
  'package.json',
  ...PLACES.map((place) => `.${place}`),
  ...PLACES.map((place) => `.config/${place}`),
];

export interface SearchingExplorer extends Explorer {
  /** Whether a search has met a file of ours, be it an empty one, which it passes over. */
  hasMet(): boolean;
}

export function createExplorer(): SearchingExplorer {
  let met = false;
  let loading: Promise<Explorer> | undefined;
  // cosmiconfig and YAML take longer to load than a run without any file takes to learn that there is none.
  const load = async (): Promise<Explorer> =>
    await (await import('./cosmiconfig.ts')).createReader(SEARCH_PLACES);
  return {
    async search(directory) {
      const found = SEARCH_PLACES.filter((place) => isReadable(join(directory, place)));
      if (found.length === 0) return undefined;
      met ||= found.some((place) => place !== 'package.json');
      loading ??= load();
      return await (await loading).search(directory);
    },
    async load(path) {
      requireSmallFile(path);
      loading ??= load();
      return await (await loading).load(path);
    },
    hasMet: () => met,
  };
}

/** False for a place of the search with nothing in it, or a directory, which is passed over. Throws ConfigError. */
function isReadable(path: string): boolean {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== false) return false;
    requireSmallFile(path);
    return true;
  } catch (error) {
    throw new ConfigError(`${path}: cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}
