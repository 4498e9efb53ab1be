import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Entry } from '../../src/ledger/entry.ts';
import type { Cli } from './run-cli.ts';

const AT = '2024-05-06T07:08:09.000Z';

/** What the ledger has of an export that is half done. */
export const UNDERWAY: Entry = {
  v: 1,
  provider: 'mytracker-raw',
  api: 'https://api.example',
  parameters: 'abc',
  id: '99',
  state: 'underway',
  output: '/out',
  options: { keepCompressed: false, name: '' },
  createdAt: AT,
  updatedAt: AT,
};

/** A file of the ledger of the processes of a Cli. */
export interface EntryFile {
  readonly path: string;
  readonly entry: Entry;
}

/** The entries of the ledger, in the order of their files' names. */
export async function entriesOf({ home }: Pick<Cli, 'home'>): Promise<EntryFile[]> {
  const directory = join(home, 'xdg-state', 'exportpoll');
  const names = await readdir(directory).catch(() => []);
  const paths = names.filter((name) => name.endsWith('.json')).map((name) => join(directory, name));
  return await Promise.all(
    paths.sort().map(async (path) => ({ path, entry: JSON.parse(await readFile(path, 'utf8')) as Entry })),
  );
}

/** Changes the only entry of the ledger, as a run of another day would have left it. */
export async function changeEntry(cli: Pick<Cli, 'home'>, change: Partial<Entry>): Promise<EntryFile> {
  const [only, ...others] = await entriesOf(cli);
  if (only === undefined || others.length > 0) throw new Error('there is not one entry');
  const entry = { ...only.entry, ...change };
  await writeFile(only.path, JSON.stringify(entry));
  return { path: only.path, entry };
}

/** An instant of the ledger, so many days ago. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
