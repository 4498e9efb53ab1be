import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { environmentName } from '../config/providers.ts';
import type { Context } from '../context.ts';

/**
 * Starts the stand-ins of the services on free ports, lets `work` talk to them, and stops them. The environment names
 * their addresses and credentials, and the environment goes before every file. What they start ends with them, so the
 * ledger of the run is one that does, too.
 */
export async function withSandbox<T>(context: Context, work: (context: Context) => Promise<T>): Promise<T> {
  const { startSandbox } = await import('../sandbox/sandbox.ts');
  const sandbox = await startSandbox({ now: () => context.clock.now() });
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-state-'));
  try {
    const env: Record<string, string | undefined> = { ...context.env, XDG_STATE_HOME: state };
    for (const [provider, { variables }] of Object.entries(sandbox.accounts)) {
      for (const [name, value] of Object.entries(variables)) env[environmentName(provider, name)] = value;
    }
    return await work({ ...context, env });
  } finally {
    await sandbox.close();
    await rm(state, { recursive: true, force: true });
  }
}
