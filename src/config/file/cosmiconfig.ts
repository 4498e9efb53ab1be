import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { cosmiconfig, Loader } from 'cosmiconfig';

import { NO_HOME } from '../../context.ts';
import { ConfigError } from '../../errors.ts';
import { parseJson, parseYaml, type Parsed } from './parse.ts';

/** A configuration file as it was found: data that nobody has checked yet. */
export interface Found {
  readonly path: string;
  readonly data: unknown;
  readonly lineOf: Parsed['lineOf'];
}

/** Finds and reads configuration files. Data only: no file is ever run. */
export interface Explorer {
  /** The project file in `directory` itself; `undefined` when there is none. Rejects with ConfigError. */
  search(directory: string): Promise<Found | undefined>;
  /** The file; `undefined` when it is empty. Rejects with ConfigError, or with the file system's error. */
  load(path: string): Promise<Found | undefined>;
}

const PROGRAM_EXTENSIONS = ['.js', '.cjs', '.mjs', '.jsx', '.ts', '.cts', '.mts', '.tsx'];

/** The part of a package.json that is ours. */
const PACKAGE_KEY = 'exportpoll';

/** Looks for files at `searchPlaces` of a directory, and reads them, without a look at what they are. */
export async function createReader(searchPlaces: string[]): Promise<Explorer> {
  const cosmiconfig = await loadCosmiconfig();
  const lines = new Map<string, Parsed['lineOf']>();
  const remember = (path: string, parsed: Parsed): unknown => {
    lines.set(path, parsed.lineOf);
    return parsed.data;
  };
  const yaml: Loader = (path, text) => remember(path, parseYaml(text, path));
  const json: Loader = (path, text) =>
    remember(path, parseJson(text, path, basename(path) === 'package.json' ? PACKAGE_KEY : undefined));
  const explorer = withoutMetaConfig(() =>
    cosmiconfig(PACKAGE_KEY, {
      searchPlaces,
      searchStrategy: 'none',
      cache: false,
      loaders: {
        '.json': json,
        '.yaml': yaml,
        '.yml': yaml,
        noExt: yaml,
        // A file that was named with --config may be called anything.
        default: yaml,
        ...Object.fromEntries(PROGRAM_EXTENSIONS.map((extension) => [extension, refuseProgram])),
      },
    }),
  );
  const found = (result: Awaited<ReturnType<typeof explorer.load>>): Found | undefined => {
    if (result === null || result.isEmpty === true) return undefined;
    const { filepath: path, config: data } = result as { filepath: string; config: unknown };
    return { path, data, lineOf: lines.get(path) ?? (() => undefined) };
  };
  return {
    search: async (directory) => found(await explorer.search(directory)),
    load: async (path) => found(await explorer.load(path)),
  };
}

/** What cosmiconfig loads asks for the home at once, and throws where there is none (a container's user without a name). */
async function loadCosmiconfig(): Promise<typeof cosmiconfig> {
  // oxlint-disable no-restricted-globals -- the one place where that is looked for
  const isMissing = process.env['HOME'] === undefined;
  if (isMissing) process.env['HOME'] = NO_HOME;
  try {
    return (await import('cosmiconfig')).cosmiconfig;
  } finally {
    if (isMissing) delete process.env['HOME'];
  }
  // oxlint-enable no-restricted-globals
}

/**
 * cosmiconfig 9 takes options for itself from the current directory when an explorer is made, and for that runs
 * `.config/config.js` there. No option turns it off, so it gets to see this directory, which is ours and has none.
 */
function withoutMetaConfig<Made>(make: () => Made): Made {
  // oxlint-disable no-restricted-globals -- the one thing that cosmiconfig takes from nowhere else
  const before = process.cwd();
  process.chdir(fileURLToPath(new URL('.', import.meta.url)));
  try {
    return make();
  } finally {
    process.chdir(before);
  }
  // oxlint-enable no-restricted-globals
}

function refuseProgram(path: string): never {
  throw new ConfigError(
    `${path}: is a program; the configuration is data (YAML or JSON), and nothing else is read`,
  );
}
