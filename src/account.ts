import type { Entry } from './ledger/entry.ts';
import type { Parameters } from './profiles/parameter-value.ts';
import type { Profile, StartEntry } from './profiles/schema.ts';
import type { Secret } from './secrets.ts';
import type { Settings } from './settings.ts';

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
  /** What the ledger knew of it when the run began. */
  readonly entry?: Entry;
  /** This run has started it. */
  readonly isNew?: true;
}

/** What a person calls it: `provider:id`. */
export function subjectOf({ account, id }: Pick<Target, 'account' | 'id'>): string {
  return `${account.name}:${id}`;
}

/** A new export to ask for, or one that was asked for and is not finished. */
export interface Order {
  readonly account: Account;
  readonly start: StartEntry;
  /** The entry under `exports:` that it is of, and the real path of the file that this is in. */
  readonly name?: string;
  readonly file?: string;
  /** Where a parameter stands in that file, for messages; `undefined` for what only the command line gives. */
  readonly placeOf?: (parameter: string) => string | undefined;
  /** As they were given: date words are not filled in yet. */
  readonly parameters: Parameters;
  readonly settings: Settings;
  /** Ask for another one, whatever became of the last. */
  readonly again: boolean;
  /** The id of the export that a start whose answer was lost has made: go on with that. */
  readonly adopt?: string | undefined;
  /** What the same order needs on the command line besides, fit for a shell: `--config FILE`. */
  readonly flags?: readonly string[];
}
