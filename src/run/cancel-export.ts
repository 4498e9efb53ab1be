import type { Target } from '../account.ts';
import { requestCancel } from '../api/cancel.ts';
import { TransientError } from '../api/failures.ts';
import { ExportpollError, GoneError, RefusedError, UsageError } from '../errors.ts';
import type { State } from '../events.ts';
import { targetOf, type Entry } from '../ledger/entry.ts';
import type { CancelEntry } from '../profiles/schema.ts';
import { lookWithRetries, patienceOf } from './await-export.ts';
import type { RunWorld } from './world.ts';
import type { Outcome } from './outcome.ts';
import { retryingTold } from './retrying-told.ts';

/**
 * Asks the provider to cancel an export, and notes in the ledger that it is over. Of one that the ledger has as finished
 * nobody is asked.
 */
export async function cancelExport(target: Target, world: RunWorld): Promise<Outcome> {
  const { account, id, entry } = target;
  const outcome = { subject: `${account.name}:${id}`, files: 0, bytes: 0 };
  try {
    requireUnfinished(entry);
    const message = await askCancel(target, cancelOf(target), world);
    await noteOver(entry, 'cancelled', world);
    world.report({
      type: 'export.status',
      provider: account.name,
      id,
      state: 'cancelled',
      providerStatus: message ?? 'cancelled',
    });
    return { ...outcome, failures: [] };
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    return { ...outcome, failures: [{ error, told: false }] };
  }
}

function requireUnfinished(entry: Entry | undefined): void {
  if (entry?.state !== 'finished') return;
  throw new UsageError(`it is finished (${entry.outcome ?? 'ready'}): there is nothing to cancel`, {
    hint: `to ask the provider all the same, forget it first: exportpoll list --prune ${targetOf(entry)}`,
  });
}

function cancelOf({ account: { name, profile }, entry }: Target): CancelEntry {
  if (profile.cancel !== undefined) return profile.cancel;
  throw new UsageError(
    `${name} has no way to cancel an export: it runs to its end`,
    entry && { hint: `to forget it here: exportpoll list --prune ${targetOf(entry)}` },
  );
}

/**
 * Asks until there is an answer, and resolves with what the provider says to it. Whether it is true what a refusal seems
 * to say shows in the state of the export:
 *
 * | answer | an earlier request may have been heard | state | so |
 * | --- | --- | --- | --- |
 * | refused (400, 409 …) | no | not asked for | RefusedError |
 * | refused, 404, 410 | yes | cancelled, gone | that request has cancelled it |
 * | 404, 410 | no | cancelled, gone | GoneError, and the entry is finished |
 * | refused, 404, 410 | yes or no | any other, or not known | RefusedError, GoneError |
 */
async function askCancel(target: Target, request: CancelEntry, world: RunWorld): Promise<string | undefined> {
  const { account, id, entry, settings } = target;
  const { signal } = world.context;
  const { client } = world.service(target);
  let mayBeHeard = false;
  try {
    return await retryingTold(
      async () => {
        try {
          return await requestCancel(account, request, id, client, { urgency: 'urgent', signal });
        } catch (error) {
          mayBeHeard ||= error instanceof TransientError && !error.unsent;
          throw error;
        }
      },
      { provider: account.name, id, retries: settings.retries },
      world,
    );
  } catch (error) {
    const isGone = error instanceof GoneError;
    if (!isGone && !(error instanceof RefusedError && mayBeHeard)) throw error;
    const state = await stateOf(target, world);
    if (state !== 'cancelled' && state !== 'gone') throw error;
    if (mayBeHeard) return undefined;
    await noteOver(entry, state, world);
    throw error;
  }
}

/** Undefined where the provider does not say. */
async function stateOf(target: Target, world: RunWorld): Promise<State | undefined> {
  const { signal } = world.context;
  const turn = { urgency: 'urgent', signal, patienceMs: patienceOf(true) } as const;
  try {
    return (await lookWithRetries(target, world, turn)).state;
  } catch (error) {
    if (signal.aborted || !(error instanceof ExportpollError)) throw error;
    return undefined;
  }
}

async function noteOver(
  entry: Entry | undefined,
  outcome: 'cancelled' | 'gone',
  { context, ledger }: RunWorld,
): Promise<void> {
  if (entry === undefined) return;
  const updatedAt = new Date(context.clock.now()).toISOString();
  await ledger.update(entry, (current) => ({ ...current, state: 'finished', outcome, updatedAt }));
}
