import type { OnReadOpts, Socket } from 'node:net';

import type { HttpRequest, HttpResponse } from './http.ts';
import type { Endpoint } from './proxy-tunnel.ts';

/** A request as it is written to a connection. */
export interface Message extends HttpRequest {
  /** What stands in the first line: a path, or for a proxy the whole URL (RFC 9112, 3.2.2). */
  readonly target: string;
}

/** Makes a connection; see `Connector`. */
export type Connect = (to: Endpoint, onread?: OnReadOpts) => Promise<Socket>;

/** Speaks HTTP over connections that it keeps, all of one kind: direct, or through a proxy. */
export interface Sender {
  /** Rejects with the network's error. */
  send(message: Message): Promise<HttpResponse>;
  /**
   * True for the error of a connection that broke under a request that was not its first. A server may close an idle
   * connection whenever it likes, also while the next request is on its way: that says nothing about the server.
   */
  brokeInReuse(error: unknown): boolean;
  close(): Promise<void>;
}

/**
 * Longer than any usual wait between two polls: profiles wait up to two minutes, and longer when a server asks for
 * it. An idle connection costs nothing; a server that wants it back says so in Keep-Alive, or closes it.
 */
export const KEEP_ALIVE_MS = 600_000;

/** The other side closed it. Timeouts and answers that are not HTTP end a connection as well, and are its own fault. */
export const CUT: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
