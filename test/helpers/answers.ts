import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

import { onTestFinished } from 'vitest';

import { Body } from '../../src/api/transport/body.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/api/transport/http.ts';

/** A request as a server saw it. */
export interface Seen {
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when text or bytes, as JSON otherwise. */
  readonly body?: unknown;
}

/** What a server says; a handler that returns nothing has dealt with the response itself. */
export type Handler = (seen: Seen, response: ServerResponse) => Reply | undefined;

export interface AnsweringServer {
  readonly origin: string;
  readonly seen: readonly Seen[];
  /** Connections that were opened so far. */
  readonly connections: () => number;
}

/** A server on loopback for one test. A list of replies is gone through once; its last one stays. */
export async function serve(answers: Handler | readonly Reply[]): Promise<AnsweringServer> {
  const seen: Seen[] = [];
  let connections = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request;
    const mine = { method, target: url, headers, body: await text(request) };
    seen.push(mine);
    const reply =
      typeof answers === 'function'
        ? answers(mine, response)
        : (answers[Math.min(seen.length, answers.length) - 1] ?? {});
    if (reply !== undefined) send(reply, response);
  };
  const server = createServer((request, response) => void answer(request, response));
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, seen, connections: () => connections };
}

function send({ status = 200, headers = {}, body }: Reply, response: ServerResponse): void {
  response.writeHead(status, headers);
  response.end(bytesOf(body));
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body));
}

/** A transport that never touches a socket, for hosts that are not on loopback. */
export function pretend(answer: (request: HttpRequest) => Reply): Transport & { sent: HttpRequest[] } {
  const sent: HttpRequest[] = [];
  return {
    sent,
    send(request): Promise<HttpResponse> {
      sent.push(request);
      const { status = 200, headers = {}, body } = answer(request);
      return Promise.resolve({ status, headers, body: new Body(Readable.from([bytesOf(body)])) });
    },
    close: () => Promise.resolve(),
  };
}

/** A vendor's sample or a recorded response, byte for byte: `mytracker/raw-success`. */
export function sample(name: string): string {
  return readFileSync(new URL(`../fixtures/answers/${name}.txt`, import.meta.url), 'utf8');
}
