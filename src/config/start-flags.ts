import { readFileSync } from 'node:fs';

import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { isDeep, MOST_LEVELS } from '../profiles/depth.ts';
import { parametersFromText } from '../profiles/parameter-text.ts';
import type { Parameters } from '../profiles/parameter-value.ts';
import type { StartEntry } from '../profiles/schema.ts';
import { locate, requireSmallFile, whyUnreadable } from './paths.ts';

/** What the command line says about a start, besides settings. */
export interface StartFlags {
  /** `NAME=VALUE`, in their order. */
  readonly param: readonly string[];
  /** A JSON file with parameters. */
  readonly data?: string | undefined;
  /** What a program gives instead. */
  readonly parameters?: Parameters | undefined;
  /** The provider, if it was named on the command line. */
  readonly provider?: string | undefined;
  readonly again: boolean;
  /** The id of the export that a start whose answer was lost has made. */
  readonly id?: string | undefined;
}

/** The parameters that the flags give; `--param` goes before `--data`. Throws UsageError. */
export function flagParameters(
  start: StartEntry,
  { param, data, parameters = {} }: StartFlags,
  context: Context,
): Parameters {
  if (isDeep(parameters)) throw new UsageError(`the parameters are nested deeper than ${MOST_LEVELS} levels`);
  const given = data === undefined ? parameters : readData(data, context);
  return { ...given, ...parametersFromText(param, start) };
}

function readData(file: string, { cwd, home }: Context): Parameters {
  const path = locate(file, cwd, home);
  const value = parseData(file, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`--data ${file}: must hold a JSON object, the parameters by their names`);
  }
  if (isDeep(value)) throw new UsageError(`--data ${file}: is nested deeper than ${MOST_LEVELS} levels`);
  return value as Parameters;
}

function parseData(file: string, path: string): unknown {
  try {
    requireSmallFile(path);
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    // What JSON.parse says may quote the file, which may hold secrets.
    const why = error instanceof SyntaxError ? 'it is not JSON' : whyUnreadable(error);
    throw new UsageError(`--data ${file}: cannot be read: ${why}`);
  }
}
