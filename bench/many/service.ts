/**
 * An export service in a process of its own, so that its work is not counted as the program's: exports that become ready
 * one after the other, each with one small file. It tells its port, and at `stats` what it has counted.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { readyTimes } from './seed.ts';

/** What the service has counted since it started. */
export interface Stats {
  readonly looks: number;
  readonly downloads: number;
  /** Connections that were open at the same time. */
  readonly mostConnections: number;
  /** Unix time of the first request in ms. */
  readonly firstAt: number;
}

const [count = 0, spreadMs = 0] = process.argv.slice(2).map(Number);
const readyAfterMs = readyTimes(count, spreadMs);
const stats = { looks: 0, downloads: 0, mostConnections: 0, firstAt: 0 };
let connections = 0;

const server = createServer((request, response) => {
  if (stats.firstAt === 0) stats.firstAt = Date.now();
  const [, kind, id = ''] = (request.url ?? '').split('/');
  if (kind === 'files') {
    stats.downloads += 1;
    const body = `export,row\n${id},1\n`.repeat(20);
    response.writeHead(200, { 'content-length': body.length, etag: `"${id}"` }).end(body);
    return;
  }
  stats.looks += 1;
  const isReady = Date.now() - stats.firstAt >= (readyAfterMs[Number(id)] ?? 0);
  const answer = isReady ? { state: 'done', url: `/files/${id}/rows-${id}.csv` } : { state: 'running' };
  const body = JSON.stringify(answer);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.on('connection', (socket) => {
  connections += 1;
  stats.mostConnections = Math.max(stats.mostConnections, connections);
  socket.once('close', () => {
    connections -= 1;
  });
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('message', () => process.send?.(stats));
process.once('disconnect', () => process.exit());
