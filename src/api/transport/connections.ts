import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

import { CUT } from './sender.ts';

/** Published by undici for each request that it writes, with the socket. */
const SENT = 'undici:client:sendHeaders';

/** Tells errors of connections that had been used before from those of fresh ones. */
export interface Connections {
  /** Watches a connection from its beginning; returns it. */
  readonly add: (socket: Socket) => Socket;
  /**
   * True for the error of a connection that broke under a request that was not its first. A server may close an idle
   * connection whenever it likes, also while the next request is on its way: that says nothing about the server.
   */
  readonly brokeInReuse: (error: unknown) => boolean;
  readonly close: () => void;
}

export function watchConnections(): Connections {
  const requests = new WeakMap<Socket, number>();
  const broken = new WeakSet<Error>();
  const onSent = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    const sent = requests.get(socket);
    if (sent !== undefined) requests.set(socket, sent + 1);
  };
  subscribe(SENT, onSent);
  return {
    add(socket) {
      requests.set(socket, 0);
      // undici rejects the request with this very error.
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (CUT.has(error.code) && (requests.get(socket) ?? 0) > 1) broken.add(error);
      });
      return socket;
    },
    brokeInReuse: (error) => error instanceof Error && broken.has(error),
    close: () => {
      unsubscribe(SENT, onSent);
    },
  };
}
