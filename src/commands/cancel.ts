import { resolveTargets } from '../config/targets.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import { cancelExport } from '../run/cancel-export.ts';
import { runEach } from '../run/run-each.ts';
import { runSession, type Invocation } from '../run/session.ts';

/** `exportpoll cancel`: asks the provider to cancel an export, where it can. */
export async function cancel(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'states',
    resolve: resolveTargets,
    work: async (targets, world) => await runEach(targets, world, cancelExport),
  });
}
