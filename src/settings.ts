/** What to do when a different file already has the name. */
export type IfExists = 'own' | 'overwrite' | 'skip' | 'rename' | 'fail';

/** Where a CI system takes a run's results from: GitHub names its files in the environment. */
export type CiOutput = { readonly system: 'github' } | { readonly system: 'gitlab'; readonly file: string };

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
  /** Told when a run starts and how it ended. Who knows it can tell the same, so it is a secret. */
  readonly ping?: URL;
  readonly ciOutput?: CiOutput;
  readonly sandbox: boolean;
}
