import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../errors.ts';

/** What a stand-in was asked, for tests that count requests or look for leaked credentials. */
export interface RecordedRequest {
  readonly origin: 'api' | 'store';
  readonly method: string;
  /** Path and query, as they came. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** The status that was answered; 0 while there is no answer yet. */
  status: number;
}

/** One request and the answer to it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** As the client addressed it, scheme and host included. */
  readonly url: URL;
  readonly record: RecordedRequest;
  /** When it came, in milliseconds since the Unix epoch, by the sandbox's clock. */
  readonly receivedAt: number;
}

export interface ServerOptions {
  readonly origin: 'api' | 'store';
  /** 0 takes a free one. */
  readonly port: number;
  readonly now: () => number;
  readonly requests: RecordedRequest[];
  readonly answer: (exchange: Exchange) => Promise<void>;
}

export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Cuts the connections that are still open. */
  close(): Promise<void>;
}

/** Listens on loopback; rejects when the port is taken. */
export async function startServer({
  origin,
  port,
  now,
  requests,
  answer,
}: ServerOptions): Promise<RunningServer> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: target = '/', headers } = request;
    const record: RecordedRequest = { origin, method, url: target, headers, status: 0 };
    requests.push(record);
    const receivedAt = now();
    const url = new URL(`http://${headers.host ?? '127.0.0.1'}${target}`);
    await answer({ request, response, url, record, receivedAt });
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Mostly a client that went away in the middle, and then there is nobody left to tell.
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end(messageOf(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}
