import type { Configuration } from '../config/configuration.ts';
import { pendingStartError, pendingStartOf } from '../config/known-exports.ts';
import { resolveTargets } from '../config/targets.ts';
import type { Target } from '../account.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { cancelExport } from '../run/cancel-export.ts';
import { runEach } from '../run/run-each.ts';
import { runSession, type Invocation } from '../run/session.ts';

/** `exportpoll cancel`: asks the provider to cancel an export, where it can. */
export async function cancel(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'states',
    resolve,
    work: async (targets, world) => await runEach(targets, world, cancelExport),
  });
}

/** Throws UsageError also for what may have been started: nobody can cancel it without its id. */
function resolve(
  configuration: Configuration,
  texts: readonly string[],
  entries: readonly Entry[],
): Target[] {
  for (const text of texts) {
    const entry = pendingStartOf(configuration, text, entries);
    if (entry !== undefined) throw pendingStartError(configuration, entry);
  }
  return resolveTargets(configuration, texts, entries);
}
