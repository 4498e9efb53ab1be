import { Agent, request, type ClientRequest, type ClientRequestArgs, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { Body } from './body.ts';
import type { HttpResponse } from './http.ts';
import { LONGEST_TIMER_MS } from '../within.ts';
import { SocketBuffer } from './socket-buffer.ts';
import { CUT, KEEP_ALIVE_MS, type Connect, type Message, type Sender } from './sender.ts';

/**
 * Sends what asks for files: over node:http, which takes half the time and a third of the memory of undici for a large
 * body (bench/README.md).
 */
export function createNodeSender(connect: Connect): Sender {
  const agents = new Map<string, KeepingAgent>();
  const broken = new WeakSet<Error>();
  const agentFor = ({ protocol }: URL): KeepingAgent => {
    const agent = agents.get(protocol) ?? new KeepingAgent(protocol, connect);
    agents.set(protocol, agent);
    return agent;
  };
  return {
    async send(message) {
      const outgoing = begin(message, agentFor(message.url));
      try {
        return await answerTo(outgoing, message);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // What is no HTTP there may be left of the answer before.
        if (outgoing.reusedSocket && (CUT.has(code) || code?.startsWith('HPE_') === true)) {
          broken.add(error as Error);
        }
        throw error;
      }
    },
    brokeInReuse: (error) => error instanceof Error && broken.has(error),
    close() {
      for (const agent of agents.values()) agent.destroy();
      return Promise.resolve();
    },
  };
}

/** As node:http declares it; with an error, there is no connection. */
type Callback = (error: Error | null, connection: Duplex) => void;

/** Keeps connections for one protocol. */
class KeepingAgent extends Agent {
  /** Looked at by node:http, for one agent cannot serve both. */
  readonly protocol: string;
  readonly #connect: Connect;

  constructor(protocol: string, connect: Connect) {
    super({ keepAlive: true, timeout: KEEP_ALIVE_MS });
    this.protocol = protocol;
    this.#connect = connect;
  }

  override createConnection({ host, port }: ClientRequestArgs, callback: Callback): undefined {
    void this.#open(host ?? '', String(port), callback);
  }

  async #open(hostname: string, port: string, callback: Callback): Promise<void> {
    const buffer = new SocketBuffer();
    const name = hostname.includes(':') ? `[${hostname}]` : hostname;
    let socket: Socket;
    try {
      socket = await this.#connect(
        { protocol: this.protocol, hostname, host: `${name}:${port}`, port },
        buffer.onread,
      );
    } catch (error) {
      (callback as (error: unknown) => void)(error);
      return;
    }
    callback(null, buffer.attach(socket));
  }
}

function begin({ method, url, target, headers, body, signal }: Message, agent: KeepingAgent): ClientRequest {
  const { protocol, hostname, port, host } = url;
  return request({
    agent,
    method,
    signal,
    protocol,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : port,
    path: target,
    headers: { host, ...headers },
  }).end(body);
}

/**
 * The answer as soon as its headers are here. When these, or the next byte of the body, take too long, that breaks the
 * connection: bytes of anything else (a 1xx, what chunks are wrapped in, trailers) may come for ever.
 */
async function answerTo(outgoing: ClientRequest, { idleTimeoutMs }: Message): Promise<HttpResponse> {
  let answer: IncomingMessage | undefined;
  // One for all of the body, since `refresh` costs next to nothing.
  let idle: NodeJS.Timeout | undefined;
  const onIdle = (): void => {
    // What has come and is not read yet is no fault of the server.
    if (answer !== undefined && (answer.complete || answer.readableLength > 0)) idle?.refresh();
    else
      outgoing.destroy(
        coded(answer === undefined ? 'HEADERS_TIMEOUT' : 'BODY_TIMEOUT', 'nothing came in time'),
      );
  };
  outgoing.once('socket', () => {
    // oxlint-disable-next-line no-restricted-globals -- it bounds what sockets do, in their time
    idle = setTimeout(onIdle, Math.min(idleTimeoutMs, LONGEST_TIMER_MS)).unref();
  });
  outgoing.once('close', () => clearTimeout(idle));
  return await new Promise((resolve, reject) => {
    outgoing.once('response', (response) => {
      answer = response.on('data', () => idle?.refresh());
      idle?.refresh();
      const { statusCode: status = 0, headersDistinct } = response;
      resolve({ status, headers: joined(headersDistinct), body: new Body(response) });
    });
    outgoing.once('upgrade', ({ statusCode }, socket: Socket) => {
      socket.destroy();
      reject(coded('HPE_INVALID_STATUS', `${statusCode} was not asked for`));
    });
    outgoing.once('close', () => reject(coded('ECONNRESET', 'closed without an answer')));
    outgoing.on('error', (error) => {
      // What ends it decides what its body ends with, unless that is here: what follows it is the connection's fault.
      if (answer?.complete !== true) answer?.destroy(error);
      reject(error);
    });
  });
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

function joined(headers: NodeJS.Dict<string[]>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, values] of Object.entries(headers)) flat[name] = (values ?? []).join(', ');
  return flat;
}
