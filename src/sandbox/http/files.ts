import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ShelvedFile } from '../files/shelf.ts';
import { answerText, begin, type Headers } from './answers.ts';
import { selectRange } from './ranges.ts';
import type { Exchange } from './server.ts';

/** All files are of the same instant, so that Last-Modified is as reproducible as the bytes. */
const LAST_MODIFIED = new Date(Date.UTC(2017, 1, 13, 9, 30)).toUTCString();

export interface FileAnswer {
  readonly headers: Headers;
  /** False for a server that names `Accept-Ranges` but sends everything from byte 0 whatever is asked for. */
  readonly ranges: boolean;
}

/** Answers with a file: 200, 206, 304 or 416. The ETag is the MD5 of all bytes, as S3's is for a single-part upload. */
export async function answerFile(
  exchange: Exchange,
  { path, size, md5 }: ShelvedFile,
  { headers, ranges }: FileAnswer,
): Promise<void> {
  const { request, response } = exchange;
  const etag = `"${md5}"`;
  const common = { ...headers, etag, 'last-modified': LAST_MODIFIED, 'accept-ranges': 'bytes' };
  if (request.headers['if-none-match'] === etag) {
    begin(exchange, 304, common);
    response.end();
    return;
  }

  const selection = ranges
    ? selectRange(request.headers, size, { etag, lastModified: LAST_MODIFIED })
    : ({ kind: 'all' } as const);
  if (selection.kind === 'unsatisfiable') {
    const invalid = { ...common, 'content-type': 'application/xml', 'content-range': `bytes */${size}` };
    answerText(exchange, 416, '<Error><Code>InvalidRange</Code></Error>', invalid);
    return;
  }

  const { start, end } = selection.kind === 'part' ? selection : { start: 0, end: size - 1 };
  const sized = { ...common, 'content-length': end - start + 1 };
  if (selection.kind === 'all') begin(exchange, 200, sized);
  else begin(exchange, 206, { ...sized, 'content-range': `bytes ${start}-${end}/${size}` });
  if (request.method === 'HEAD' || size === 0) response.end();
  else await pipeline(createReadStream(path, { start, end }), response);
}
