import { environmentName } from '../config/providers.ts';
import type { Context } from '../context.ts';

/**
 * Starts the stand-ins of the services on free ports, lets `work` talk to them, and stops them. The environment names
 * their addresses and credentials, and the environment goes before every file.
 */
export async function withSandbox<T>(context: Context, work: (context: Context) => Promise<T>): Promise<T> {
  const { startSandbox } = await import('../sandbox/sandbox.ts');
  const sandbox = await startSandbox({ now: () => context.clock.now() });
  try {
    const env = { ...context.env };
    for (const [provider, { variables }] of Object.entries(sandbox.accounts)) {
      for (const [name, value] of Object.entries(variables)) env[environmentName(provider, name)] = value;
    }
    return await work({ ...context, env });
  } finally {
    await sandbox.close();
  }
}
