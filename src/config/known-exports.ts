import type { Account } from '../account.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { entryKey, isUnfinished, targetOf, type Entry } from '../ledger/entry.ts';
import { isIdOf, shortened } from '../profiles/id.ts';
import { apiOf } from '../profiles/origins.ts';
import type { Configuration } from './configuration.ts';
import { commandToPaste } from './given-flags.ts';

/** The account of an entry under `exports:`. Throws UsageError when nothing names a provider for it. */
export function accountOf(configuration: Configuration, name: string): Account {
  const provider = configuration.exports.get(name)?.entry.provider ?? configuration.settings.provider;
  if (provider !== undefined) return configuration.account(provider);
  throw new UsageError(`the export "${name}" has no provider`, {
    hint: `add "provider:" to it in the configuration, or give --provider NAME`,
  });
}

/** What the ledger has of a named export whose id is known and that is not finished. */
export function unfinishedEntryOf(
  configuration: Configuration,
  name: string,
  entries: readonly Entry[],
): Entry | undefined {
  return lastEntryOf(configuration, name, entries.filter(isUnfinished));
}

/** What the ledger has of a named export whose id is known; nothing of a provider or API that it is no longer of. */
export function lastEntryOf(
  configuration: Configuration,
  name: string,
  entries: readonly Entry[],
): Entry | undefined {
  const file = configuration.exports.get(name)?.file.realPath;
  const own = entries.filter(
    (entry) => entry.name === name && entry.file === file && entry.state !== 'starting',
  );
  // Its account need not be complete as long as nothing was started with it.
  if (own.length === 0) return undefined;
  const account = accountOf(configuration, name);
  return own.find(
    (entry) => entry.provider === account.name && obstacleTo(configuration, entry) === undefined,
  );
}

/** The entry of a start without an answer, of the named export or, without a name, of the provider that `text` is. */
export function pendingStartOf(
  { exports }: Configuration,
  text: string,
  entries: readonly Entry[],
): Entry | undefined {
  const named = exports.get(text);
  if (named?.entry.id !== undefined) return undefined;
  return entries.find(({ state, name, file, provider }) => {
    if (state !== 'starting') return false;
    return named === undefined
      ? name === undefined && provider === text
      : name === text && file === named.file.realPath;
  });
}

/** The error of whoever needs the export of a pending start: nobody knows yet whether there is one. */
export function pendingStartError(
  configuration: Configuration,
  { name, provider, updatedAt }: Entry,
): UsageError {
  const start = commandToPaste(configuration, 'start', name ?? `${provider} …`);
  return new UsageError(`${name ?? provider} may have been started at ${updatedAt}, or not`, {
    hint:
      `${start} finds out where it can; with one that you have found at the provider: ${start} --id ID; ` +
      `to start another one: ${start} --again; to forget it: exportpoll list --prune ${name ?? provider}`,
  });
}

/** Why nobody can go on with the export of an entry, which was made under another configuration or version. */
export function obstacleTo(configuration: Configuration, entry: Entry): string | undefined {
  const { provider, id } = entry;
  if (!isReachable(configuration, entry)) return `${provider} is not configured as it was`;
  if (id === undefined || isIdOf(configuration.account(provider).profile, id)) return undefined;
  return `"${shortened(id)}" is not an id of ${provider}`;
}

function isReachable(configuration: Configuration, { provider, api }: Entry): boolean {
  if (!configuration.providerNames().includes(provider)) return false;
  try {
    return apiOf(configuration.account(provider), configuration.settings) === api;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

/** What is left out when no TARGET is given, and why. */
export function leftOut(configuration: Configuration, entries: readonly Entry[]): string[] {
  const named = [...configuration.exports.values()].flatMap(({ name, entry: { id }, file }) =>
    id !== undefined ||
    unfinishedEntryOf(configuration, name, entries) !== undefined ||
    pendingStartOf(configuration, name, entries) !== undefined
      ? []
      : [
          `${file.at(['exports', name])} has nothing under way and is left out; ${commandToPaste(configuration, 'start', name)} starts one`,
        ],
  );
  const others = entries.filter(isUnfinished).flatMap((entry) => {
    if (entry.id !== undefined && entry.state === 'underway') {
      const why = obstacleTo(configuration, entry);
      if (why === undefined) return [];
      return [
        `${entry.provider}:${shortened(entry.id)} is left out: ${why}. To forget it: exportpoll list --prune ` +
          wordFor(entry, entries),
      ];
    }
    const what = entry.name ?? entry.provider;
    return [`${what} may have been started at ${entry.updatedAt} and is left out; run its start again`];
  });
  return [...named, ...others];
}

/** What means that entry alone, and nothing else to a shell: its target, or else its file in the ledger. */
function wordFor(entry: Entry, entries: readonly Entry[]): string {
  const target = targetOf(entry);
  const isPlain = /^[\w.:/@%+-]{1,100}$/.test(target);
  const isOnly = entries.every((other) => other === entry || ![other.name, targetOf(other)].includes(target));
  return isPlain && isOnly ? target : `${entryKey(entry)}.json`;
}
