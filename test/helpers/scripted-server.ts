import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A file as a store keeps it. */
export interface RemoteFile {
  readonly bytes: Buffer;
  /** With its quotes, and `W/` if it is weak. */
  readonly etag?: string;
  readonly lastModified?: string;
  /** Sent with every answer that carries bytes of the file. */
  readonly headers?: Readonly<Record<string, string>>;
  /** False for a store that answers every request with the whole file. */
  readonly ranges?: boolean;
  /** True for a store that does not tell the length of a whole file. */
  readonly chunked?: boolean;
  /** The most bytes that an answer to a range has. */
  readonly atMost?: number;
  /** True for a store that tells no total with a range, either. */
  readonly untold?: boolean;
}

/** What one answer does otherwise than a well-behaved store. */
export interface Fault {
  /** An answer without the file. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the store has from now on. */
  readonly replaceWith?: RemoteFile;
  readonly ignoreRange?: boolean;
  readonly ignoreIfRange?: boolean;
  /** Instead of the right one. */
  readonly contentRange?: string;
  /** Does not tell the length of a range's body. */
  readonly chunked?: boolean;
  /** The connection is destroyed after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Nothing more comes after so many bytes of the body. */
  readonly stallAfter?: number;
  /** What comes after `stallAfter` bytes, or the answer with `status`, comes after this. */
  readonly until?: Promise<unknown>;
}

export interface RecordedRequest {
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  status: number;
  /** Bytes of the body that were sent. */
  sent: number;
}

export interface ScriptedServer {
  /** Without a slash at the end. */
  readonly origin: string;
  /** By path. */
  readonly files: Map<string, RemoteFile>;
  readonly requests: RecordedRequest[];
  /** Decides what goes wrong with a request; replaced by tests. */
  fault: (request: RecordedRequest) => Fault | undefined;
  /** Bytes of bodies that were sent in all. */
  readonly sent: number;
  /** Connections that are open. */
  connections(): Promise<number>;
  /** Answers that have not come to their end. */
  sending(): number;
  close(): Promise<void>;
}

/** The faults of the first requests, one after the other; what follows them is answered well. */
export function inOrder(...faults: readonly (Fault | undefined)[]): () => Fault | undefined {
  const left = [...faults];
  return () => left.shift();
}

/** A store on loopback and a free port that does as it is told. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
    void answer(request, response, scripted).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const scripted: ScriptedServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: new Map(),
    requests: [],
    fault: () => undefined,
    get sent() {
      return this.requests.reduce((sum, { sent }) => sum + sent, 0);
    },
    connections: async () =>
      await new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    sending: () => open.size,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return scripted;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  server: ScriptedServer,
): Promise<void> {
  const url = new URL(request.url ?? '/', server.origin);
  const { pathname: path, searchParams: query } = url;
  const record: RecordedRequest = { path, query, headers: request.headers, status: 0, sent: 0 };
  server.requests.push(record);
  const fault = server.fault(record) ?? {};
  if (fault.replaceWith !== undefined) server.files.set(path, fault.replaceWith);
  const file = server.files.get(path);
  if (fault.status !== undefined || file === undefined) {
    await fault.until;
    record.status = fault.status ?? 404;
    response.writeHead(record.status, fault.headers).end(fault.body);
    return;
  }
  const { status, headers, body } = serve(file, request.headers, fault);
  record.status = status;
  response.writeHead(status, { ...headers, ...fault.headers });
  await send(response, body, fault, record);
}

function serve(
  file: RemoteFile,
  asked: IncomingHttpHeaders,
  fault: Fault,
): { status: number; headers: Record<string, string>; body: Buffer } {
  const { bytes, etag, lastModified, ranges = true, chunked = false, atMost = Infinity } = file;
  const headers: Record<string, string> = {
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { 'last-modified': lastModified }),
    ...file.headers,
  };
  const [, range, last = ''] = /^bytes=(\d+)-(\d*)$/.exec(asked.range ?? '') ?? [];
  const ifRange = asked['if-range'];
  const isSame = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  if (range === undefined || !ranges || fault.ignoreRange || !(isSame || fault.ignoreIfRange)) {
    const length: Record<string, string> = chunked ? {} : { 'content-length': String(bytes.length) };
    return { status: 200, headers: { ...headers, ...length }, body: bytes };
  }
  const from = Number(range);
  if (from >= bytes.length) {
    const unsatisfied = { ...headers, 'content-range': `bytes */${bytes.length}` };
    return { status: 416, headers: unsatisfied, body: Buffer.alloc(0) };
  }
  const body = bytes.subarray(from, Math.min(from + atMost, last === '' ? Infinity : Number(last) + 1));
  const total = file.untold === true ? '*' : bytes.length;
  const told = fault.contentRange ?? `bytes ${from}-${from + body.length - 1}/${total}`;
  const length: Record<string, string> =
    fault.chunked === true ? {} : { 'content-length': String(body.length) };
  return { status: 206, headers: { ...headers, 'content-range': told, ...length }, body };
}

async function send(
  response: ServerResponse,
  body: Buffer,
  { cutAfter, stallAfter, until }: Fault,
  record: RecordedRequest,
): Promise<void> {
  const length = Math.min(cutAfter ?? body.length, stallAfter ?? body.length, body.length);
  record.sent = length;
  if (cutAfter === undefined && stallAfter === undefined) {
    response.end(body);
    return;
  }
  response.flushHeaders();
  if (length > 0) await new Promise((resolve) => response.write(body.subarray(0, length), resolve));
  else await new Promise(setImmediate);
  if (cutAfter !== undefined) response.destroy();
  if (until === undefined) return;
  await until;
  record.sent = body.length;
  response.end(body.subarray(length));
}
