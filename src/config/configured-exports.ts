import { ConfigError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { complaints } from './complaints.ts';
import type { ConfigFile } from './config-file.ts';
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

/** Says so where a file names a provider that does not exist. */
export function unknownProviders(files: readonly ConfigFile[]): ConfigError[] {
  const known = providerNames(files);
  const exists = new Set<string | undefined>(known);
  const odd = files.flatMap((file) =>
    [
      { key: ['provider'], name: file.data.provider },
      ...Object.entries(file.data.exports).map(([name, { provider }]) => ({
        key: ['exports', name, 'provider'],
        name: provider,
      })),
    ].flatMap(({ key, name }) => (name === undefined || exists.has(name) ? [] : [{ file, key, name }])),
  );
  return complaints(
    odd,
    ({ file, key, name }) => `${file.at(key)} is an unknown provider: "${name}"${didYouMean(name, known)}`,
  ).map((complaint) => new ConfigError(complaint));
}
