import { leftOut } from '../config/known-exports.ts';
import { resolveTargets } from '../config/targets.ts';
import { subjectOf, type Target } from '../account.ts';
import type { Context } from '../context.ts';
import { EmptyExportError, ExportpollError, StillRunningError, type ExitCode } from '../errors.ts';
import { awaitExport } from '../run/await-export.ts';
import type { RunWorld } from '../run/world.ts';
import { stateError } from '../run/links-of.ts';
import type { Outcome } from '../run/outcome.ts';
import { runEach } from '../run/run-each.ts';
import { runSession, type Invocation } from '../run/session.ts';

/** `exportpoll status`: looks once and prints the state. */
export async function status(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'states',
    resolve: (configuration, texts, entries) => resolveTargets(configuration, texts, entries, 'status'),
    leftOut,
    work: async (targets, world) => await runEach(targets, world, statusOf),
  });
}

async function statusOf(target: Target, world: RunWorld): Promise<Outcome> {
  const outcome = { subject: subjectOf(target), files: 0, bytes: 0 };
  try {
    const found = await awaitExport(target, true, world);
    const isEmpty = found.state === 'empty' && target.settings.errorOnEmpty;
    const error = isEmpty ? new EmptyExportError('the export holds no data') : stateError(found);
    // The state on stdout says it; an error says more only where there is something to be done.
    const told = error instanceof StillRunningError;
    return { ...outcome, failures: error === undefined ? [] : [{ error, told }] };
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    return { ...outcome, failures: [{ error, told: false }] };
  }
}
