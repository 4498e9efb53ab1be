// oxlint-disable no-restricted-globals -- where the world comes from
import { homedir } from 'node:os';

import type { Transport } from './api/transport.ts';
import { realClock } from './clock.ts';
import type { Context, Output } from './context.ts';
import { Redactor } from './ui/redact.ts';

/** The real world, until `signal` aborts. Its transport has to be closed. */
export function realContext(signal: AbortSignal): Context {
  return {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    platform: process.platform,
    pid: process.pid,
    umask: process.umask(),
    clock: realClock,
    random: Math.random,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    signal,
    transport: lazyTransport(),
    redactor: new Redactor(),
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return { stream, isTTY: stream.isTTY };
}

/** undici takes longer to load than everything else together, so it is loaded with the first request. */
function lazyTransport(): Transport {
  let loading: Promise<Transport> | undefined;
  const load = async (): Promise<Transport> => (await import('./api/transport.ts')).createTransport();
  return {
    async send(request) {
      loading ??= load();
      return await (await loading).send(request);
    },
    async close() {
      await (await loading)?.close();
    },
  };
}
