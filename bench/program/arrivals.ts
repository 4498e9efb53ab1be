import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server in this process, to see when a request arrives; it answers as an API does whose export is ready. */
export interface Arrivals {
  readonly origin: string;
  /** Resolves when the next request is here. */
  readonly next: () => Promise<unknown>;
  readonly close: () => void;
}

export async function startArrivals(): Promise<Arrivals> {
  const server = createServer((_request, response) => {
    response.end('{"export_files":{"status":"Available","download_url":"/file"}}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: async () => await once(server, 'request'),
    close: () => server.close(),
  };
}
