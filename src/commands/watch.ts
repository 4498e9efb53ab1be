import { leftOut } from '../config/known-exports.ts';
import { resolveTargets } from '../config/targets.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import { runEach } from '../run/run-each.ts';
import { createRunner } from '../run/run-exports.ts';
import { runSession, type Invocation } from '../run/session.ts';

/** `exportpoll watch`: waits until each export is ready, then downloads its files. */
export async function watch(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await save(context, invocation, { once: false });
}

/** `exportpoll download`: downloads what is ready now. */
export async function download(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await save(context, invocation, { once: true });
}

async function save(context: Context, invocation: Invocation, mode: { once: boolean }): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'paths',
    reported: true,
    resolve: (configuration, texts, entries) =>
      resolveTargets(configuration, texts, entries, mode.once ? 'download' : 'watch'),
    leftOut,
    work: async (targets, world) => await runEach(targets, world, createRunner(mode)),
  });
}
