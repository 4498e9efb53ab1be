import type { Account, Target } from '../account.ts';
import { UsageError } from '../errors.ts';
import { isUnfinished, type Entry } from '../ledger/entry.ts';
import { didYouMean } from '../nearest.ts';
import { isIdOf } from '../profiles/id.ts';
import { apiOf } from '../profiles/origins.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Settings } from '../settings.ts';
import type { Configuration } from './configuration.ts';
import { commandToPaste } from './given-flags.ts';
import {
  accountOf,
  lastEntryOf,
  leftOut,
  obstacleTo,
  pendingStartError,
  pendingStartOf,
  unfinishedEntryOf,
} from './known-exports.ts';

/**
 * The targets that were named; without any, every entry under `exports:` that has an id or was started, and every other
 * export in the ledger that is not finished. Throws UsageError, with an example of the `command` that was typed.
 */
export function resolveTargets(
  configuration: Configuration,
  texts: readonly string[],
  entries: readonly Entry[] = [],
  command: 'watch' | 'download' | 'status' = 'watch',
): Target[] {
  const found =
    texts.length > 0
      ? texts.map((text) => resolveTarget(configuration, text, entries))
      : [...namedTargets(configuration, entries), ...unfinishedTargets(configuration, entries)];
  if (found.length === 0 && !isAllDone(configuration, entries)) {
    const [left] = leftOut(configuration, entries);
    const hint =
      left ??
      `for example: exportpoll ${command} webadmit:86446/74780; \`exportpoll providers\` lists what there is`;
    throw new UsageError('nothing to do: no TARGET was given, and there is no export with an id', { hint });
  }
  return withEntries(distinct(found), entries);
}

/** Everything that was started has been delivered: a nightly line that has nothing left to do has done no wrong. */
function isAllDone(configuration: Configuration, entries: readonly Entry[]): boolean {
  const { exports } = configuration;
  const last = [...exports.keys()].map((name) => lastEntryOf(configuration, name, entries));
  const isOpen = entries.some(isUnfinished);
  return !isOpen && last.some((entry) => entry?.outcome === 'ready' || entry?.outcome === 'empty');
}

/**
 * What a TARGET on the command line means, the first that fits: the name of an entry under `exports:`; `provider:id`,
 * if there is such a provider; an id of the default provider. Throws UsageError before any request is made.
 */
export function resolveTarget(
  configuration: Configuration,
  text: string,
  entries: readonly Entry[] = [],
): Target {
  if (configuration.exports.has(text)) return exportTarget(configuration, text, entries);
  const { settings } = configuration;
  const known = configuration.providerNames();
  const prefix = text.includes(':') ? text.slice(0, text.indexOf(':')) : undefined;
  if (prefix !== undefined && known.includes(prefix)) {
    return target(configuration.account(prefix), text.slice(prefix.length + 1), settings);
  }
  const account = settings.provider === undefined ? undefined : configuration.account(settings.provider);
  if (account !== undefined && isIdOf(account.profile, text)) return target(account, text, settings);
  if (known.includes(text)) throw needsId(text, configuration.profile(text));
  const guess = didYouMean(text, [...configuration.exports.keys()]);
  if (account !== undefined) throw noId(account, text, guess);
  if (prefix !== undefined) {
    throw new UsageError(`unknown provider "${prefix}" in "${text}"${didYouMean(prefix, known)}`, {
      hint: `known providers: ${known.join(', ')}`,
    });
  }
  throw new UsageError(`no provider for "${text}", and no export of that name${guess}`, {
    hint:
      `write PROVIDER:${text}, or give --provider NAME; known providers: ${known.join(', ')}` +
      (configuration.isFound
        ? ''
        : `; no configuration file was found; looked for ${configuration.searched}`),
  });
}

function exportTarget(configuration: Configuration, name: string, entries: readonly Entry[]): Target {
  const account = accountOf(configuration, name);
  const id =
    configuration.exports.get(name)?.entry.id ??
    unfinishedEntryOf(configuration, name, entries)?.id ??
    lastEntryOf(configuration, name, entries)?.id;
  if (id === undefined) {
    const start = commandToPaste(configuration, 'start', name);
    const file = configuration.exports.get(name)?.file.realPath;
    const own = entries.find((entry) => entry.name === name && entry.file === file);
    const obstacle = own && obstacleTo(configuration, own);
    if (obstacle !== undefined) {
      throw new UsageError(`what was started for the export "${name}" cannot be gone on with: ${obstacle}`, {
        hint: `${start} --again starts another one`,
      });
    }
    const pending = pendingStartOf(configuration, name, entries);
    if (pending !== undefined) throw pendingStartError(configuration, pending);
    throw new UsageError(`the export "${name}" has no id yet: it has not been started`, {
      hint: `start it, and wait for it: ${start} --watch`,
    });
  }
  return target(account, id, configuration.settingsOf(name));
}

function namedTargets(configuration: Configuration, entries: readonly Entry[]): Target[] {
  return [...configuration.exports.values()]
    .filter(
      ({ name, entry: { id } }) =>
        id !== undefined || unfinishedEntryOf(configuration, name, entries) !== undefined,
    )
    .map(({ name }) => exportTarget(configuration, name, entries));
}

/** The exports that the ledger has and the configuration has not. */
function unfinishedTargets(configuration: Configuration, entries: readonly Entry[]): Target[] {
  return entries.flatMap((entry) => {
    const { id, name, file, provider, options } = entry;
    const isNamed = name !== undefined && configuration.exports.get(name)?.file.realPath === file;
    if (isNamed || id === undefined || entry.state !== 'underway') return [];
    if (obstacleTo(configuration, entry) !== undefined) return [];
    const { settings } = configuration;
    const output = isSetByCaller(configuration) || entry.output === '-' ? settings.output : entry.output;
    return [target(configuration.account(provider), id, { ...settings, ...options, output })];
  });
}

/** The directory that the flag or the environment names goes before the one that the export was begun in. */
function isSetByCaller({ sources }: Configuration): boolean {
  return /^(flag|env) /.test(sources.find(({ key }) => key === 'output')?.from ?? '');
}

function withEntries(targets: readonly Target[], entries: readonly Entry[]): Target[] {
  const known = new Map<string, Entry>();
  for (const entry of entries) {
    const { provider, api, id, state } = entry;
    if (state !== 'starting') known.set(JSON.stringify([provider, api, id]), entry);
  }
  if (known.size === 0) return [...targets];
  return targets.map((target) => {
    const { account, id, settings } = target;
    const entry = known.get(JSON.stringify([account.name, apiOf(account, settings), id]));
    return entry === undefined ? target : { ...target, entry };
  });
}

function target(account: Account, id: string, settings: Settings): Target {
  requireId(account, id);
  if (settings.output === '-' && settings.exec !== undefined) {
    throw new UsageError('--exec runs on files, and --output - leaves none on disk');
  }
  return { account, id, settings };
}

/** Throws UsageError for what the account's provider cannot have given as an id. */
export function requireId(account: Account, id: string): void {
  if (!isIdOf(account.profile, id)) throw noId(account, id);
}

/** `guess` is what may have been meant, as `didYouMean` writes it. */
function noId({ name, profile }: Account, id: string, guess = ''): UsageError {
  return new UsageError(`"${id}" is not an id of ${name}, which is ${profile.id.description}${guess}`, {
    hint: `it has the form ${readable(profile.id.pattern)}, for example ${name}:${profile.id.example}`,
  });
}

/** Whatever is to go to the same place twice goes there once. */
function distinct(targets: readonly Target[]): Target[] {
  const seen = new Map<string, Target>();
  for (const target of targets) {
    const key = JSON.stringify([target.account.name, target.id, target.settings.output]);
    if (!seen.has(key)) seen.set(key, target);
  }
  return [...seen.values()];
}

/** The error of whoever names a provider where a TARGET is to be. */
function needsId(provider: string, { id }: Profile): UsageError {
  return new UsageError(`"${provider}" is a provider, and needs an id: ${id.description}`, {
    hint: `write it as ${provider}:ID, for example ${provider}:${id.example}`,
  });
}

/** A pattern as people know them: the names of its groups are for the program. */
function readable(pattern: string): string {
  return pattern.replace(/\(\?<\w+>([^()]*)\)/g, '$1');
}
