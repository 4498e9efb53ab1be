import { subjectOf, type Target } from '../account.ts';
import { requestCancel } from '../api/cancel.ts';
import { neverSent, TooManyRequestsError } from '../api/failures.ts';
import { ExportpollError, GoneError, messageOf, RefusedError, UsageError } from '../errors.ts';
import type { State } from '../events.ts';
import { targetOf, type Entry } from '../ledger/entry.ts';
import type { CancelEntry } from '../profiles/schema.ts';
import { lookWithRetries, patienceOf } from './await-export.ts';
import { isNotedAsDelivered } from './notes.ts';
import type { RunWorld } from './world.ts';
import type { Outcome } from './outcome.ts';
import { retryingTold } from './retrying-told.ts';

/**
 * Asks the provider to cancel an export, tells what it says, and notes in the ledger that it is over. Of one that the
 * ledger has as finished nobody is asked.
 */
export async function cancelExport(target: Target, world: RunWorld): Promise<Outcome> {
  const { account, id, entry } = target;
  const outcome = { subject: subjectOf(target), files: 0, bytes: 0 };
  try {
    requireUnfinished(entry);
    const message = await askCancel(target, cancelOf(target), world);
    world.report({
      type: 'export.status',
      provider: account.name,
      id,
      state: 'cancelled',
      providerStatus: message ?? 'cancelled',
    });
    await noteOver(target, 'cancelled', world);
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
 * | answer | an earlier request may have cancelled it | state | so |
 * | --- | --- | --- | --- |
 * | refused (400, 409 …) | no | not asked for | RefusedError |
 * | refused, 404, 410 | yes | cancelled, gone | that request has cancelled it |
 * | 404, 410 | no | cancelled, gone | GoneError, and the entry is finished |
 * | refused, 404, 410 | yes or no | any other, or not known | RefusedError, GoneError |
 *
 * A request may have cancelled it unless it was never sent, or was turned away as one too many: also one that was
 * answered with something that cannot be read.
 */
async function askCancel(target: Target, request: CancelEntry, world: RunWorld): Promise<string | undefined> {
  const { account, id, settings } = target;
  const { signal } = world.context;
  const { client } = world.service(target);
  let mayHaveCancelled = false;
  try {
    return await retryingTold(
      async () => {
        try {
          return await requestCancel(account, request, id, client, { urgency: 'urgent', signal });
        } catch (error) {
          mayHaveCancelled ||=
            !isRefusal(error) && !neverSent(error) && !(error instanceof TooManyRequestsError);
          throw error;
        }
      },
      { provider: account.name, id, retries: settings.retries },
      world,
    );
  } catch (error) {
    if (!isRefusal(error) || (error instanceof RefusedError && !mayHaveCancelled)) throw error;
    const state = await stateOf(target, world);
    if (state !== 'cancelled' && state !== 'gone') throw error;
    if (mayHaveCancelled) return undefined;
    await noteOver(target, state, world);
    throw error;
  }
}

/** An answer that says that this request has cancelled nothing. */
function isRefusal(error: unknown): error is RefusedError | GoneError {
  return error instanceof RefusedError || error instanceof GoneError;
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

/** What a watch has delivered meanwhile stays delivered. What cannot be noted is a warning: it does not undo what has become of the export, and a watch finds that out, too. */
async function noteOver(
  { account, id, entry }: Target,
  outcome: 'cancelled' | 'gone',
  { context, ledger, report }: RunWorld,
): Promise<void> {
  if (entry === undefined) return;
  const updatedAt = new Date(context.clock.now()).toISOString();
  try {
    await ledger.update(entry, (current) =>
      isNotedAsDelivered(current) ? current : { ...current, state: 'finished', outcome, updatedAt },
    );
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    const what = outcome === 'gone' ? 'is gone' : 'was cancelled';
    const message = `it ${what}, but that cannot be noted: ${messageOf(error)}`;
    report({ type: 'warning', provider: account.name, id, message });
  }
}
