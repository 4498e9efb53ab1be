import { resolveTargets } from '../config/targets.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import { runExports } from '../run/run-exports.ts';
import { runSession, type Invocation } from '../run/session.ts';

/** `exportpoll watch`: waits until each export is ready, then downloads its files. */
export async function watch(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'paths',
    reported: true,
    resolve: resolveTargets,
    work: async (targets, world) => await runExports(targets, { once: false }, world),
  });
}

/** `exportpoll download`: downloads what is ready now. */
export async function download(context: Context, invocation: Invocation): Promise<ExitCode> {
  return await runSession(context, invocation, {
    results: 'paths',
    reported: true,
    resolve: resolveTargets,
    work: async (targets, world) => await runExports(targets, { once: true }, world),
  });
}
