// oxlint-disable no-restricted-globals -- where the world comes from
import { setMaxListeners } from 'node:events';
import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';

import type { Transport } from './api/transport/http.ts';
import type { TransportOptions } from './api/transport/transport.ts';
import { realClock } from './clock.ts';
import { NO_HOME, type Context, type Output } from './context.ts';
import { UsageError } from './errors.ts';
import { Redactor } from './secrets.ts';

/** Called once each. */
export interface Milestones {
  /** Called before the first request, and before what makes requests is loaded. */
  readonly onFirstRequest?: () => void;
  /** Called before the first request for a file. */
  readonly onFirstFile?: () => void;
}

/** The real world, until `signal` aborts. Its transport has to be closed. Throws UsageError without a current directory. */
export function realContext(signal: AbortSignal, milestones: Milestones = {}): Context {
  const ending = AbortSignal.any([signal]);
  // Each export that is waited for listens; Node warns of a leak from eleven on.
  setMaxListeners(0, ending);
  const redactor = new Redactor();
  return {
    env: process.env,
    cwd: currentDirectory(),
    home: homeDirectory(),
    platform: process.platform,
    pid: process.pid,
    umask: process.umask(),
    clock: realClock,
    random: Math.random,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    signal: ending,
    transport: lazyTransport({ env: process.env, onSecret: (secret) => redactor.add(secret) }, milestones),
    redactor,
  };
}

function currentDirectory(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new UsageError('the current directory cannot be used: it was removed, or may not be read', {
      hint: 'change to a directory that exists',
      cause: error,
    });
  }
}

/** That of the user database where `HOME` is no absolute path. Not `homedir`, which believes an empty `HOME`. */
function homeDirectory(): string {
  const named = process.env['HOME'];
  if (named !== undefined && isAbsolute(named)) return named;
  try {
    const { homedir } = userInfo();
    return isAbsolute(homedir) ? homedir : NO_HOME;
  } catch {
    return NO_HOME;
  }
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return { stream, isTTY: stream.isTTY };
}

/** What makes requests takes longer to load than everything else together, so it is loaded with the first of them. */
function lazyTransport(options: TransportOptions, { onFirstRequest, onFirstFile }: Milestones): Transport {
  let loading: Promise<Transport> | undefined;
  let hasAskedForFile = false;
  const load = async (): Promise<Transport> => {
    onFirstRequest?.();
    return (await import('./api/transport/transport.ts')).createTransport(options);
  };
  return {
    async send(request) {
      loading ??= load();
      if (request.large === true && !hasAskedForFile) {
        hasAskedForFile = true;
        onFirstFile?.();
      }
      return await (await loading).send(request);
    },
    async close() {
      // What it was not loaded for has been told to whoever sent a request.
      await (await loading?.catch(() => undefined))?.close();
    },
  };
}
