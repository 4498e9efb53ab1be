import { ConfigError } from '../errors.ts';
import type { ConfigFile } from './load.ts';
import { didYouMean } from '../nearest.ts';
import { providerNames } from './providers.ts';
import type { ExportEntry } from './schema.ts';

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
