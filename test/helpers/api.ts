import { setMaxListeners } from 'node:events';
import { PassThrough } from 'node:stream';

import { onTestFinished } from 'vitest';

import type { Look } from '../../src/api/look.ts';
import { requireCredentials } from '../../src/config/credentials/credentials.ts';
import { Quota } from '../../src/api/quota.ts';
import { openService, type Service } from '../../src/api/service.ts';
import type { ConnectTimeouts } from '../../src/api/transport/connector.ts';
import type { Transport } from '../../src/api/transport/http.ts';
import { createTransport } from '../../src/api/transport/transport.ts';
import { withDefaults } from '../../src/config/credentials/accounts.ts';
import type { Account, SecretSource } from '../../src/account.ts';
import type { Context } from '../../src/context.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import type { Profile } from '../../src/profiles/schema.ts';
import { Redactor, Secret } from '../../src/secrets.ts';
import { fakeClock, type FakeClock } from './fake-clock.ts';

/** A secret that stays, or one whose source gives the next value each time it is read again. */
export function secretOf(...values: string[]): SecretSource & { reads: number } {
  let at = 0;
  return {
    description: 'a test',
    reads: 0,
    read() {
      this.reads += 1;
      return Promise.resolve(new Secret(values[at] ?? ''));
    },
    forget() {
      at = Math.min(at + 1, values.length - 1);
      return values.length > 1;
    },
  };
}

/** An account of a built-in profile, or of one that a test made. */
export function accountOf(
  profile: string | Profile,
  variables: Record<string, string>,
  secrets: Record<string, SecretSource | string> = {},
): Account {
  const loaded = typeof profile === 'string' ? loadBuiltin(profile) : profile;
  const sources = Object.entries(secrets).map(([name, secret]) => [
    name,
    typeof secret === 'string' ? secretOf(secret) : secret,
  ]);
  return {
    name: loaded.name,
    profile: loaded,
    variables: withDefaults(loaded, variables),
    secrets: Object.fromEntries(sources) as Account['secrets'],
  };
}

export interface World {
  readonly context: Context;
  readonly clock: FakeClock;
  readonly redactor: Redactor;
  readonly abort: (reason: Error) => void;
}

/** A context with a clock that stands still, and real sockets unless the test brings its own transport. */
export function apiWorld(transport: Transport = realTransport()): World {
  const clock = fakeClock();
  const redactor = new Redactor();
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const output = { stream: new PassThrough(), isTTY: false };
  const context: Context = {
    env: {},
    cwd: '/',
    home: '/',
    platform: 'linux',
    pid: 1,
    umask: 0o077,
    clock,
    random: () => 0.5,
    stdout: output,
    stderr: output,
    signal: controller.signal,
    transport,
    redactor,
  };
  return { context, clock, redactor, abort: (reason) => controller.abort(reason) };
}

export function realTransport(timeouts?: ConnectTimeouts): Transport {
  const transport = createTransport(timeouts === undefined ? {} : { timeouts });
  onTestFinished(async () => await transport.close());
  return transport;
}

export function serviceOf(account: Account, world: World = apiWorld()): Service {
  const quota = new Quota([], world.context);
  return openService(account, requireCredentials(account), quota, world.context, () => undefined);
}

export async function lookAt(account: Account, id: string, world: World = apiWorld()): Promise<Look> {
  return await serviceOf(account, world).look(id, { urgency: 'poll', signal: world.context.signal });
}
