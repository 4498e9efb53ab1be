import type { Configuration } from '../config/configuration.ts';
import { maybeStarted } from '../config/known-exports.ts';
import { resolveTargets } from '../config/targets.ts';
import type { Target } from '../account.ts';
import type { Context } from '../context.ts';
import { UsageError, type ExitCode } from '../errors.ts';
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
    const entry = maybeStarted(configuration, text, entries);
    if (entry === undefined) continue;
    const order = entry.name ?? `${entry.provider} …`;
    throw new UsageError(`${text} may have been started at ${entry.updatedAt}, and its id is not known`, {
      hint:
        `look for it at the provider; go on with it: exportpoll start ${order} --id ID; ` +
        `or forget it: exportpoll list --prune ${text}`,
    });
  }
  return resolveTargets(configuration, texts, entries);
}
