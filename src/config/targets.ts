import type { Account, Target } from '../account.ts';
import { ConfigError, UsageError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { compileIdPattern } from '../profiles/load.ts';
import type { Profile } from '../profiles/schema.ts';
import type { Settings } from '../settings.ts';
import type { Configuration } from './configuration.ts';
import type { ConfigFile } from './load.ts';
import { providerNames } from './providers.ts';
import { MOST_MATCHED } from './safe-pattern.ts';
import type { ExportEntry } from './schema.ts';
import { hasDotSegment } from './values.ts';

/** An entry under `exports:`, and the file that it stands in. */
export interface ConfiguredExport {
  readonly name: string;
  readonly entry: ExportEntry;
  readonly file: ConfigFile;
}

/** The entries of all files; of two with the same name, the one in the file that goes before. */
export function exportsIn(files: readonly ConfigFile[]): Map<string, ConfiguredExport> {
  const exports = new Map<string, ConfiguredExport>();
  for (const file of files) {
    for (const [name, entry] of Object.entries(file.data.exports)) {
      if (!exports.has(name)) exports.set(name, { name, entry, file });
    }
  }
  return exports;
}

/** Says so where an entry has nothing that could be watched. */
export function withoutId(exports: Iterable<ConfiguredExport>): string[] {
  return [...exports].flatMap(({ name, entry, file }) =>
    entry.id === undefined ? [`${file.at(['exports', name])} has no id and is left out`] : [],
  );
}

/** Says so where a file names a provider that does not exist. */
export function unknownProviders(files: readonly ConfigFile[]): ConfigError[] {
  const known = providerNames(files);
  return files.flatMap((file) => {
    const named = Object.entries(file.data.exports).map(
      ([name, entry]) => [['exports', name, 'provider'], entry.provider] as const,
    );
    return [[['provider'], file.data.provider] as const, ...named].flatMap(([key, name]) =>
      name === undefined || known.includes(name)
        ? []
        : [new ConfigError(`${file.at(key)} is an unknown provider: "${name}"${didYouMean(name, known)}`)],
    );
  });
}

/** The targets that were named; without any, every entry under `exports:` that has an id. Throws UsageError. */
export function resolveTargets(configuration: Configuration, texts: readonly string[]): Target[] {
  if (texts.length > 0) return distinct(texts.map((text) => resolveTarget(configuration, text)));
  const named = [...configuration.exports.values()].filter(({ entry }) => entry.id !== undefined);
  if (named.length === 0) {
    throw new UsageError('nothing to do: no TARGET was given, and no export with an id is configured', {
      hint: 'for example: exportpoll watch webadmit:86446/74780; `exportpoll providers` lists what there is',
    });
  }
  return distinct(named.map(({ name }) => exportTarget(configuration, name)));
}

/**
 * What a TARGET on the command line means, the first that fits: the name of an entry under `exports:`; `provider:id`,
 * if there is such a provider; an id of the default provider. Throws UsageError before any request is made.
 */
export function resolveTarget(configuration: Configuration, text: string): Target {
  if (configuration.exports.has(text)) return exportTarget(configuration, text);
  const { settings } = configuration;
  const known = configuration.providerNames();
  const prefix = text.includes(':') ? text.slice(0, text.indexOf(':')) : undefined;
  if (prefix !== undefined && known.includes(prefix)) {
    return target(configuration.account(prefix), text.slice(prefix.length + 1), settings);
  }
  if (settings.provider !== undefined)
    return target(configuration.account(settings.provider), text, settings);
  if (prefix !== undefined) {
    throw new UsageError(`unknown provider "${prefix}" in "${text}"${didYouMean(prefix, known)}`, {
      hint: `known providers: ${known.join(', ')}`,
    });
  }
  throw new UsageError(
    `no provider for "${text}", and no export of that name${didYouMean(text, [...configuration.exports.keys()])}`,
    { hint: `write PROVIDER:${text}, or give --provider NAME; known providers: ${known.join(', ')}` },
  );
}

function exportTarget(configuration: Configuration, name: string): Target {
  const entry = configuration.exports.get(name)?.entry;
  if (entry?.id === undefined) {
    throw new UsageError(`the export "${name}" has no id yet: it has only "start"`, {
      hint: `start it at the provider, and write its id into the entry: exports.${name}.id`,
    });
  }
  const settings = configuration.settingsOf(name);
  const provider = entry.provider ?? settings.provider;
  if (provider === undefined) {
    throw new UsageError(`the export "${name}" has no provider`, {
      hint: `add "provider:" to it in the configuration, or give --provider NAME`,
    });
  }
  return target(configuration.account(provider), entry.id, settings);
}

function target(account: Account, id: string, settings: Settings): Target {
  const { name, profile } = account;
  if (!isIdOf(profile, id)) {
    throw new UsageError(`"${id}" is not an id of ${name}, which is ${profile.id.description}`, {
      hint: `it has the form ${readable(profile.id.pattern)}, for example ${name}:${profile.id.example}`,
    });
  }
  if (settings.output === '-' && settings.exec !== undefined) {
    throw new UsageError('--exec runs on files, and --output - leaves none on disk');
  }
  return { account, id, settings };
}

/** Whether the profile's service can have given the id; `..` is none, whatever the pattern says. */
export function isIdOf(profile: Profile, id: string): boolean {
  return id.length <= MOST_MATCHED && compileIdPattern(profile).test(id) && !hasDotSegment(id);
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

/** A pattern as people know them: the names of its groups are for the program. */
function readable(pattern: string): string {
  return pattern.replace(/\(\?<\w+>([^()]*)\)/g, '$1');
}
