import type { Profile } from '../profiles/schema.ts';
import type { FileData } from './schema.ts';

/** A configuration file whose keys and values are known to be right. */
export interface ConfigFile {
  /** Absolute, as it was found or named. */
  readonly path: string;
  /** Without symbolic links: what the file is known by in the ledger, however it is named. */
  readonly realPath: string;
  /** `project`: found by search, and not trusted; `given`: named with --config; `user`: the user's own. */
  readonly kind: 'project' | 'given' | 'user';
  /** What relative paths in it are relative to: its directory; for `.config/exportpollrc` the one around that. */
  readonly directory: string;
  readonly data: FileData;
  /** Where something in it stands, for messages: `/home/me/.exportpollrc:3: providers.webadmit.apiKey`. */
  at(key: readonly PropertyKey[]): string;
  /** The profile that the file has, or names, for a provider, if it does. Throws ConfigError. */
  profileOf(provider: string): Profile | undefined;
}
