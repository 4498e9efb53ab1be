import type { Profile } from '../profiles/schema.ts';
import type { Secret } from '../ui/redact.ts';

/** What to do when a different file already has the name. */
export type IfExists = 'own' | 'overwrite' | 'skip' | 'rename' | 'fail';

/** Everything that flags, environment and configuration can set for a run, parsed. Times in ms, sizes in bytes. */
export interface Settings {
  readonly provider?: string;
  /** Absolute directory, or `-` for stdout. */
  readonly output: string;
  readonly name: string;
  readonly ifExists: IfExists;
  readonly force: boolean;
  readonly keepCompressed: boolean;
  readonly concurrency: number;
  readonly connections: number;
  readonly intervalMs?: number;
  readonly maxIntervalMs?: number;
  readonly timeoutMs?: number;
  readonly stallTimeoutMs: number;
  readonly retries: number;
  readonly maxBytes?: number;
  readonly json: boolean;
  readonly progress: 'auto' | 'bar' | 'plain' | 'none';
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: 'auto' | 'never' | 'always';
  readonly errorOnEmpty: boolean;
  readonly exec?: string;
  readonly sandbox: boolean;
}

/** Where a secret comes from, and how to get it again after it was refused. */
export interface SecretSource {
  /** Says where, never what: `EXPORTPOLL_WEBADMIT_API_KEY`, `file /…`, `command op`. */
  readonly description: string;
  /** The value; read once and remembered. Rejects with ConfigError. */
  read(signal: AbortSignal): Promise<Secret>;
  /** Drops the remembered value. False when the source would only give the same again. */
  forget(): boolean;
}

/** A provider as configured: a profile with the variables of one account. */
export interface Account {
  /** The name under `providers:`; a built-in profile's own name when nothing is configured. */
  readonly name: string;
  readonly profile: Profile;
  /** Plain variables, profile defaults filled in; `baseUrl` without trailing slashes. */
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretSource>>;
}

/** One export to work on. */
export interface Target {
  readonly account: Account;
  /** As the user wrote it, and as the profile's pattern accepts it. */
  readonly id: string;
  /** The run's settings, with those of the entry under `exports:` laid over them. */
  readonly settings: Settings;
}
