import type { IncomingMessage } from 'node:http';
import type { Exchange } from './server.ts';

export type Headers = Readonly<Record<string, string | number>>;

/** Every answer begins here: it carries the sandbox's own time, against which a client measures expiry. */
export function begin({ response, record, receivedAt }: Exchange, status: number, headers: Headers): void {
  record.status = status;
  response.writeHead(status, { date: new Date(receivedAt).toUTCString(), ...headers });
}

export function answerText(exchange: Exchange, status: number, text: string, headers: Headers = {}): void {
  begin(exchange, status, { 'content-length': Buffer.byteLength(text), ...headers });
  exchange.response.end(text);
}

export function answerJson(exchange: Exchange, status: number, body: unknown, headers: Headers = {}): void {
  answerText(exchange, status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

/** What a proxy or a maintenance window puts in the place of an API, with a 200 on top. */
export function answerWebPage(exchange: Exchange): void {
  const page =
    '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please sign in.</body></html>\n';
  answerText(exchange, 200, page, { 'content-type': 'text/html; charset=utf-8' });
}

const bodies = new WeakMap<IncomingMessage, Promise<string>>();

/** The request's body as text, as often as it is asked for. Rejects above 64 KiB; nobody sends this API more. */
export async function readBody({ request }: Exchange): Promise<string> {
  const body = bodies.get(request) ?? receive(request, 64 * 1024);
  bodies.set(request, body);
  return await body;
}

async function receive(request: IncomingMessage, limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new Error(`the request's body is over ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
