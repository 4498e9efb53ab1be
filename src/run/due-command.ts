import { join } from 'node:path';

import type { Target } from '../account.ts';
import type { Context } from '../context.ts';
import { commitManifest, placeManifest } from '../download/export-files.ts';
import { CommandFailedError, ExportpollError, LostLockError, throwIfLost } from '../errors.ts';
import { execCommand } from './exec.ts';
import type { Outcome } from './outcome.ts';

/**
 * Runs the command of `--exec`, if the manifest says that it is due, and takes that mark away once it ended well. A
 * run that is killed before leaves the mark to the next one, as does a command that fails; so a command runs once for
 * a committed set, unless it failed or the kill came while it ran. Its failure does not undo the delivery.
 */
export async function withDueCommand(outcome: Outcome, target: Target, context: Context): Promise<Outcome> {
  const { account, id, settings } = target;
  if (settings.exec === undefined) return outcome;
  const { path, manifest } = await placeManifest(settings.output, { provider: account.name, id });
  if (manifest?.execDue !== true) return outcome;
  const paths = manifest.files.map(({ name }) => join(settings.output, name));
  try {
    await execCommand(settings.exec, { provider: account.name, id, manifest: path, paths }, context);
    throwIfLost(context.signal);
    const { execDue: _, ...done } = manifest;
    await commitManifest(settings.output, done);
    return { ...outcome, execExitCode: 0 };
  } catch (error) {
    if (!(error instanceof ExportpollError) || error instanceof LostLockError) throw error;
    const execExitCode = error instanceof CommandFailedError ? { execExitCode: error.commandExitCode } : {};
    return { ...outcome, ...execExitCode, failures: [...outcome.failures, { error, told: false }] };
  }
}
