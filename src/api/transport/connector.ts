import { setMaxListeners } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';

import { buildConnector } from 'undici';

import type { Connector } from './proxy-tunnel.ts';

export interface ConnectTimeouts {
  /** For a connection with its TLS; once more for TLS through a proxy. */
  readonly connectMs: number;
  /** For the answer to CONNECT: a proxy tries every address of a host first, each with a timeout of its own. */
  readonly tunnelMs: number;
}

/**
 * How long one address of a host may take before the next is tried, in ms. Node's 250 gives up hosts behind a slow
 * line for good, since it drops the earlier attempt; this is enough for a packet that is sent twice.
 */
const ADDRESS_TIMEOUT_MS = 2000;
/** Load balancers and NAT forget, without a word, what is silent for four minutes and more (Azure 240 s, AWS 350 s). */
const TCP_KEEP_ALIVE_MS = 60_000;

/** undici's connector. It leaves a connection that is being made to itself, and the process would wait for it. */
export function createConnector({ connectMs, tunnelMs }: ConnectTimeouts, signal: AbortSignal): Connector {
  setMaxListeners(0, signal);
  const options = {
    timeout: connectMs,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    signal,
  };
  // One for all, since it remembers TLS sessions.
  const usual = buildConnector(options);
  const reading = (onread: OnReadOpts): buildConnector.connector => buildConnector({ ...options, onread });
  return {
    signal,
    tunnelMs,
    connect: async (to, onread) => {
      const connect = onread === undefined || to.protocol === 'https:' ? usual : reading(onread);
      return await new Promise<Socket>((resolve, reject) => {
        connect(to, (error, socket) => (error === null ? resolve(socket) : reject(error)));
      });
    },
  };
}
