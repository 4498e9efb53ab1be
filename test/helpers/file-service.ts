import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { selectRange } from '../../src/sandbox/http/ranges.ts';

/** A provider of its own, with one export, whose files come slowly. */
export interface FileService {
  /** What to watch. */
  readonly target: string;
  /** A configuration file (YAML) with its profile and account. */
  readonly config: string;
  /** The `Range` of each download so far, in the order of the requests. */
  readonly ranges: readonly (string | undefined)[];
  /** Bytes of files that were sent so far. */
  readonly sent: () => number;
  /** The most downloads that were under way at the same time. */
  readonly peak: () => number;
  readonly close: () => Promise<void>;
}

/** Sends so many bytes, then rests for so many milliseconds. */
export interface Pace {
  readonly bytes: number;
  readonly everyMs: number;
}

const TOKEN = 'token-of-the-slow-service';

/** Serves `files` by name, on loopback and with strong ETags and ranges; the export is always ready. */
export async function startFileService(
  files: Readonly<Record<string, Buffer>>,
  pace: Pace,
): Promise<FileService> {
  const ranges: (string | undefined)[] = [];
  let [sent, active, peak] = [0, 0, 0];

  const answerFile = async (
    file: Buffer,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    ranges.push(request.headers.range);
    const etag = `"${createHash('sha256').update(file).digest('hex')}"`;
    const selection = selectRange(request.headers, file.length, { etag, lastModified: '' });
    const { start, end } = selection.kind === 'part' ? selection : { start: 0, end: file.length - 1 };
    const headers = { etag, 'accept-ranges': 'bytes', 'content-length': end - start + 1 };
    if (selection.kind === 'part') {
      response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end}/${file.length}` });
    } else response.writeHead(200, headers);
    active += 1;
    peak = Math.max(peak, active);
    for (let at = start; at <= end && !response.destroyed; at += pace.bytes) {
      await sleep(pace.everyMs);
      const chunk = file.subarray(at, Math.min(at + pace.bytes, end + 1));
      sent += chunk.length;
      // Whoever has the last byte may ask for the next file.
      if (at + chunk.length > end) active -= 1;
      response.write(chunk);
    }
    response.end();
  };
  const server = createServer((request, response) => {
    const file = files[(request.url ?? '').slice('/files/'.length)];
    if (file !== undefined) void answerFile(file, request, response);
    else if (request.headers.authorization !== `Bearer ${TOKEN}`) response.writeHead(401).end();
    else
      response.end(
        JSON.stringify({ state: 'done', links: Object.keys(files).map((name) => `/files/${name}`) }),
      );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    target: 'slow:all',
    config: stringify({ providers: { slow: account((server.address() as AddressInfo).port) } }),
    ranges,
    sent: () => sent,
    peak: () => peak,
    close: async () => {
      const closed = new Promise((resolve) => {
        server.close(resolve);
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

function account(port: number): object {
  const profile = {
    profile: 1,
    name: 'slow',
    title: 'Slow files',
    variables: { baseUrl: { description: 'API root' }, token: { description: 'token', secret: true } },
    id: { pattern: 'all', description: 'the only export', example: 'all' },
    auth: [{ scheme: 'bearer', token: 'token' }],
    status: { request: { url: '{+baseUrl}/exports/{id}' }, state: 'body.state', states: { done: 'ready' } },
    files: [{ each: 'body.links', url: 'item' }],
  };
  return { profile, baseUrl: `http://127.0.0.1:${port}`, token: TOKEN };
}
