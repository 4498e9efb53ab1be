import type { Account } from '../../account.ts';

/** A request that is about to be sent to an origin that may have the credentials. */
export interface Draft {
  readonly method: string;
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** One way to prove who asks. It never decides where a credential may go: its caller has checked the origin. */
export interface Scheme {
  /** Adds the proof to the draft's headers or query. */
  apply(draft: Draft, signal: AbortSignal): Promise<void>;
  /** Gets the credential again, from wherever it comes; false when it is the same as before. Called one at a time. */
  renew(signal: AbortSignal): Promise<boolean>;
  /** True when the credential has to be renewed before it can be used. */
  isStale?(): boolean;
}

/** The value of a variable, secret or plain. Its presence was checked when the account was opened. */
export async function valueOf(account: Account, name: string, signal: AbortSignal): Promise<string> {
  const secret = account.secrets[name];
  return secret === undefined ? (account.variables[name] ?? '') : (await secret.read(signal)).reveal();
}

/** Reads the secrets behind `names` again, where their sources can change. True when any of them did. */
export async function renewValues(
  account: Account,
  names: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  let changed = false;
  for (const name of names) {
    const before = await valueOf(account, name, signal);
    if (account.secrets[name]?.forget() !== true) continue;
    if ((await valueOf(account, name, signal)) !== before) changed = true;
  }
  return changed;
}
