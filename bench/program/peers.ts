import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Command } from './measure.ts';

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
    ...(expected === undefined ? {} : { check: async (directory) => await checkFiles(directory, expected) }),
  };
}

/** exportpoll as a whole process: it asks the API at `origin` for the export `id`, and saves its files. */
export function exportpoll(name: string, { configuration, id, expected, flags = [] }: Saving): Command {
  return {
    name,
    argv: [process.execPath, PROGRAM, 'watch', '--config', configuration, `bench:${id}`, ...flags],
    check: async (directory) => await checkFiles(directory, expected),
  };
}

export interface Saving {
  /** A file that `writeConfiguration` has written. */
  readonly configuration: string;
  readonly id: 'one' | 'eight' | 'plain' | 'many';
  readonly expected: Expected;
  readonly flags?: readonly string[];
}

/** A command of exportpoll that saves nothing. */
export function bare(name: string, args: readonly string[], exits = 0): Command {
  return { name, argv: [process.execPath, PROGRAM, ...args], exits };
}

/** Writes a configuration whose provider `bench` is at `origin`; resolves with its path. */
export async function writeConfiguration(folder: string, origin: string): Promise<string> {
  const profile = {
    profile: 1,
    name: 'bench',
    title: 'a static API',
    variables: { baseUrl: { description: 'its root' }, token: { description: 'any', secret: true } },
    id: { pattern: '[a-z]+', description: 'a name', example: 'one' },
    auth: [{ scheme: 'bearer', token: 'token' }],
    status: {
      request: { url: '{+baseUrl}/api/{id}.json' },
      state: 'body.state',
      states: { ready: 'ready' },
    },
    files: [{ each: 'body.files', url: 'item.url' }],
  };
  const path = join(folder, `${new URL(origin).port}.json`);
  const providers = { bench: { profile, baseUrl: origin, token: 'of-the-bench' } };
  await writeFile(path, JSON.stringify({ providers }), { mode: 0o600 });
  return path;
}

async function checkFiles(directory: string, { ending, files, bytes }: Expected): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(ending));
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (names.length === files && total === bytes) return;
  throw new Error(`${names.length} files with ${total} bytes, not ${files} with ${bytes}`);
}
