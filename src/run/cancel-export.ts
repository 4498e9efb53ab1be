import type { Target } from '../account.ts';
import { requestCancel } from '../api/cancel.ts';
import { ExportpollError, UsageError } from '../errors.ts';
import type { RunWorld } from './await-export.ts';
import type { Outcome } from './outcome.ts';
import { retryingTold } from './retrying-told.ts';

/** Asks the provider to cancel an export, and notes in the ledger that it is over. */
export async function cancelExport(target: Target, world: RunWorld): Promise<Outcome> {
  const { account, id, entry, settings } = target;
  const { context, report, ledger, service } = world;
  const outcome = { subject: `${account.name}:${id}`, files: 0, bytes: 0 };
  try {
    const { cancel } = account.profile;
    if (cancel === undefined) {
      throw new UsageError(`${account.name} has no way to cancel an export: it runs to its end`, {
        hint: `exportpoll list --prune forgets what is finished; nobody has to wait for it`,
      });
    }
    const { client } = service(target);
    const message = await retryingTold(
      async () =>
        await requestCancel(account, cancel, id, client, { urgency: 'urgent', signal: context.signal }),
      { provider: account.name, id, retries: settings.retries },
      world,
    );
    if (entry !== undefined) {
      const updatedAt = new Date(context.clock.now()).toISOString();
      const over = { state: 'finished', outcome: 'cancelled', updatedAt } as const;
      await ledger.update(entry, (current) => ({ ...current, ...over }));
    }
    report({
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
