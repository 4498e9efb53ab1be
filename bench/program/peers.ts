import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Command } from './measure.ts';
import type { Store } from './server.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));

/** What a command has to leave: so many files of one ending, and so many bytes in all. */
export interface Expected {
  readonly ending: string;
  readonly files: number;
  readonly bytes: number;
}

/** A line of shell; `name` is the line itself, as people type it, with U for the file's URL. */
export function shell(
  name: string,
  line: string,
  { needs, expected }: { needs: readonly string[]; expected?: Expected },
): Command {
  return {
    name,
    argv: ['bash', '-c', `set -euo pipefail; ${line}`],
    needs,
    ...(expected === undefined
      ? {}
      : { writes: expected.bytes, check: async (directory) => await checkFiles(directory, expected) }),
  };
}

/** exportpoll as a whole process: it asks the API of `store` for the export `id`, and saves its files. */
export function exportpoll(name: string, { store, id, expected, flags = [] }: Saving): Command {
  return {
    name,
    argv: [process.execPath, PROGRAM, 'watch', `mytracker-raw:${id}`, ...flags],
    env: {
      EXPORTPOLL_MYTRACKER_RAW_BASE_URL: store.api,
      EXPORTPOLL_MYTRACKER_RAW_USER_ID: '1',
      EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'of-the-bench',
    },
    writes: expected.bytes,
    check: async (directory) => await checkFiles(directory, expected),
  };
}

export interface Saving {
  readonly store: Store;
  /** Of `EXPORTS`. */
  readonly id: number;
  readonly expected: Expected;
  readonly flags?: readonly string[];
}

/** A command of exportpoll that saves nothing. */
export function bare(name: string, args: readonly string[], exits = 0): Command {
  return { name, argv: [process.execPath, PROGRAM, ...args], exits };
}

async function checkFiles(directory: string, { ending, files, bytes }: Expected): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (names.length === files && total === bytes) return;
  throw new Error(`${names.length} files with ${total} bytes, not ${files} with ${bytes}`);
}
