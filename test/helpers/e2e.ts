import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { test } from 'vitest';
import { environmentName } from '../../src/config/providers.ts';
import type { Manifest } from '../../src/download/manifest.ts';
import { startSandbox, type Sandbox, type SandboxOptions, type Scenario } from '../../src/sandbox/sandbox.ts';
import { leaksIn, secretsOf } from './leaks.ts';
import { createCli, type Cli } from './run-cli.ts';

/** Fast enough to be waited for, slow enough to be seen running. */
const DURATION_MS = 300;
const ROWS = 200;

interface Fixtures {
  readonly cli: Cli;
  /** Starts a sandbox for the test; afterwards no secret of it may have been printed, or have reached its store. */
  readonly serve: (options?: SandboxOptions) => Promise<Sandbox>;
  /** One with exports that take 300 ms. */
  readonly sandbox: Sandbox;
  /** Runs the program with the accounts of `sandbox` in its environment, and 100 ms between polls. */
  readonly run: Cli['run'];
}

/** A test of the built program: nothing of it is shared with another test, so that all can run side by side. */
export const it = test.extend<Fixtures>({
  cli: async ({ onTestFinished }, use) => {
    const cli = await createCli();
    onTestFinished(cli.close);
    await use(cli);
  },
  serve: async ({ cli }, use) => {
    const sandboxes: Sandbox[] = [];
    await use(async (options) => {
      const sandbox = await startSandbox({ rows: ROWS, durationMs: DURATION_MS, ...options });
      sandboxes.push(sandbox);
      return sandbox;
    });
    await Promise.all(sandboxes.map(async (sandbox) => await sandbox.close()));
    const leaks = sandboxes.flatMap((sandbox) => {
      const secrets = secretsOf(sandbox);
      const printed = secrets.filter((secret) => cli.printed().includes(secret));
      return [...leaksIn(sandbox.requests, secrets), ...printed.map((secret) => `printed: ${secret}`)];
    });
    if (leaks.length > 0) throw new Error(leaks.join('\n'));
  },
  sandbox: async ({ serve }, use) => {
    await use(await serve());
  },
  run: async ({ cli, sandbox }, use) => {
    await use(async (args, { env } = {}) => await cli.run(args, { env: { ...sandboxEnv(sandbox), ...env } }));
  },
});

/** The environment that points every provider at the sandbox, and makes the waits between polls short. */
export function sandboxEnv({ accounts }: Sandbox): Record<string, string> {
  const variables = Object.entries(accounts).map(([provider, account]) =>
    providerEnv(provider, account.variables),
  );
  return Object.assign(
    { EXPORTPOLL_INTERVAL: '100ms', EXPORTPOLL_MAX_INTERVAL: '200ms' },
    ...variables,
  ) as Record<string, string>;
}

/** `EXPORTPOLL_<PROVIDER>_<VARIABLE>` for each of the variables. */
export function providerEnv(
  provider: string,
  variables: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [environmentName(provider, name), value]),
  );
}

/** A file of a scenario as it has to be on disk. */
export async function expectedBytes(
  sandbox: Sandbox,
  provider: Scenario['provider'],
  id: string,
  name: string,
): Promise<Buffer> {
  return await buffer(sandbox.expectedFile(provider, id, name));
}

/** The manifest of an export in `directory`. */
export async function readManifest(directory: string, provider: string, id: string): Promise<Manifest> {
  const name = `${provider}-${id.replaceAll('/', '-')}.manifest.json`;
  return JSON.parse(await readFile(join(directory, name), 'utf8')) as Manifest;
}
