import type { Order, Target } from '../account.ts';
import { resolveOrder } from '../config/orders.ts';
import type { StartFlags } from '../config/start-flags.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import { announce, type RunWorld } from '../run/await-export.ts';
import type { Outcome } from '../run/outcome.ts';
import { runEach } from '../run/run-each.ts';
import { createRunner } from '../run/run-exports.ts';
import { runSession, type Invocation } from '../run/session.ts';
import { startExport } from '../run/start-export.ts';

/**
 * `exportpoll start`: asks the provider for a new export and prints its target, or, with `--watch`, waits for it and
 * downloads its files. An order whose export is not finished goes on with that one; where that is one for other
 * parameters or another day, `--watch` then starts the new one, too.
 */
export async function start(
  context: Context,
  invocation: Invocation,
  flags: StartFlags & { readonly watch: boolean },
): Promise<ExitCode> {
  return await runSession<Order>(context, invocation, {
    results: flags.watch ? 'paths' : 'targets',
    reported: true,
    resolve: (configuration, [name], _entries, world) => [resolveOrder(configuration, name, flags, world)],
    work: async (orders, world) => {
      const follow = flags.watch ? createRunner({ once: false }) : print;
      const following = { follow, watch: flags.watch };
      const all = await runEach(
        orders,
        world,
        async (order, own) => await startExport(order, following, own),
      );
      return all.flat();
    },
  });
}

async function print(target: Target, { report }: RunWorld): Promise<Outcome> {
  announce(target, report);
  const subject = `${target.account.name}:${target.id}`;
  return await Promise.resolve({ subject, files: 0, bytes: 0, failures: [] });
}
