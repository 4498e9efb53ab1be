import type { Socket } from 'node:net';

import { Agent, type buildConnector } from 'undici';

import { Body } from './body.ts';
import { watchConnections } from './connections.ts';
import { KEEP_ALIVE_MS, type Connect, type Sender } from './sender.ts';

/** To one origin. More than anybody needs; below the limits of open files that systems have (1024). */
const MOST_CONNECTIONS = 256;

/** Sends what asks an API, thousands of times, for answers that are small: over undici. */
export function createUndiciSender(connect: Connect): Sender {
  const connections = watchConnections();
  const agent = new Agent({
    connections: MOST_CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: (to, callback) => {
      void tell(callback, async () => connections.add(await connect(to)));
    },
  });
  return {
    async send({ method, url, target, headers, body, idleTimeoutMs, signal }) {
      const answer = await agent.request({
        origin: url.origin,
        path: target,
        method,
        headers,
        body: body ?? null,
        signal,
        headersTimeout: idleTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      });
      return { status: answer.statusCode, headers: joined(answer.headers), body: new Body(answer.body) };
    },
    brokeInReuse: (error) => connections.brokeInReuse(error),
    async close() {
      await agent.destroy();
      connections.close();
    },
  };
}

async function tell(callback: buildConnector.Callback, connect: () => Promise<Socket>): Promise<void> {
  let socket: Socket;
  try {
    socket = await connect();
  } catch (error) {
    callback(error as Error, null);
    return;
  }
  callback(null, socket);
}

function joined(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
