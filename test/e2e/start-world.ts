import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { providerEnv } from '../helpers/e2e.ts';
import type { Cli } from '../helpers/run-cli.ts';

/** Where the program keeps its ledger in a test. */
export function ledgerIn(cli: Cli): string {
  return join(cli.home, 'xdg-state', 'exportpoll');
}

/** The entries of the ledger, by the files that they are. */
export async function entriesIn(cli: Cli): Promise<{ path: string; entry: Entry }[]> {
  const names = await readdir(ledgerIn(cli)).catch(() => []);
  const paths = names.filter((name) => name.endsWith('.json')).map((name) => join(ledgerIn(cli), name));
  return await Promise.all(
    paths.map(async (path) => ({ path, entry: JSON.parse(await readFile(path, 'utf8')) as Entry })),
  );
}

/** Changes the entries that `change` gives something for. */
export async function changeEntries(
  cli: Cli,
  change: (entry: Entry) => Partial<Entry> | undefined,
): Promise<void> {
  for (const { path, entry } of await entriesIn(cli)) {
    const changed = change(entry);
    if (changed !== undefined) await writeFile(path, JSON.stringify({ ...entry, ...changed }));
  }
}

/** MyTracker raw, which cannot be asked what became of a start, at a server of the test. */
export function rawEnv(origin: string): Record<string, string> {
  return providerEnv('mytracker-raw', { baseUrl: origin, userId: '7', secretKey: 'hush-hush-hush' });
}

/** Rebilly, which lists its exports, likewise. */
export function rebillyEnv(origin: string): Record<string, string> {
  return providerEnv('rebilly', { baseUrl: origin, organization: 'acme', apiKey: 'hush-hush-hush' });
}

/** Rebilly, where nothing is listed late, which would have to be waited for; with a pattern of its own for ids. */
export function promptRebilly(pattern?: string): object {
  const profile = loadBuiltin('rebilly');
  return {
    ...profile,
    start: { ...profile.start, grace: '0s' },
    id: { ...profile.id, ...(pattern === undefined ? {} : { pattern }) },
  };
}

export const RAW = ['mytracker-raw', '--param', 'event=installs', '--param', 'selectors=idDevice'];
export const CUSTOMERS = { name: 'C', resource: 'customers', format: 'csv' };
