import type { Order } from '../account.ts';
import { resolveOrder } from '../config/orders.ts';
import type { StartFlags } from '../config/start-flags.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../errors.ts';
import { runEach } from '../run/run-each.ts';
import { createRunner } from '../run/run-exports.ts';
import { runSession, type Invocation } from '../run/session.ts';
import { startExport, tellTarget } from '../run/start/start-export.ts';

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
      const follow = flags.watch ? createRunner({ once: false }) : tellTarget;
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
