import type { Context } from '../context.ts';
import { exportKey } from '../download/export-files.ts';
import { Locks } from '../download/lock/lock.ts';
import { ExportpollError, TryAgainError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import type { Ledger } from '../ledger/ledger.ts';

/** No provider keeps an export, or what was left of one here is of use, for longer. */
const OLD_MS = 30 * 86_400_000;

/**
 * Forgets what is finished, and what nobody has looked at for a month, but nothing that a run works on. Resolves with how
 * many exports that were.
 */
export async function forgetOld(
  known: readonly Entry[],
  ledger: Ledger,
  { clock }: Pick<Context, 'clock'>,
): Promise<number> {
  const now = clock.now();
  const isOver = ({ state, updatedAt }: Entry): boolean =>
    state === 'finished' || now - Date.parse(updatedAt) >= OLD_MS;
  let forgotten = 0;
  for (const entry of known.filter(isOver)) {
    if (await ledger.update(entry, (current) => (isOver(current) ? undefined : current))) forgotten += 1;
  }
  await ledger.sweep(now);
  return forgotten;
}

/** Forgets an export, whatever its state. Rejects with TryAgainError while a run works on it. */
export async function forget(entry: Entry, ledger: Ledger, { pid }: Pick<Context, 'pid'>): Promise<void> {
  const release = await ledger.lock(entry);
  try {
    await requireUnwatched(entry, new Locks(pid));
    await ledger.remove(entry);
  } finally {
    // What it cannot remove is a dead run's lock to the next one.
    await release().catch(() => undefined);
  }
}

/** Who saves files has the lock beside them, and not that of the entry. Rejects with TryAgainError. */
async function requireUnwatched({ provider, id, output }: Entry, locks: Locks): Promise<void> {
  if (id === undefined || output === '-') return;
  try {
    const release = await locks.acquire(output, exportKey({ provider, id }));
    await release();
  } catch (error) {
    // Where no lock can be, as in a directory that is not there, nobody saves files.
    if (error instanceof TryAgainError || !(error instanceof ExportpollError)) throw error;
  }
}
