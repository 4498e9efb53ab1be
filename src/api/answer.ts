import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

import { ProtocolError } from '../errors.ts';
import type { HttpResponse } from './transport.ts';

/** What an API said, read whole: profiles pick their values from it. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `undefined` when there was no body or it was not asked for. */
  readonly body: unknown;
  /** The URL that answered, after redirects. */
  readonly url: URL;
  /** The server's clock when it answered, in ms: its `Date`, else our clock. */
  readonly serverNow: number;
}

/** No status answer is this large; a server that sends more is broken or hostile. */
const LARGEST_BODY = 16 * 1024 * 1024;

/** Reads a body whole as text (UTF-8), content coding removed. Throws ProtocolError past 16 MiB. */
export async function readText(response: HttpResponse, what: string): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > LARGEST_BODY) {
      response.body.destroy();
      throw new ProtocolError(`${what}: the answer is larger than 16 MiB`);
    }
    pieces.push(piece);
  }
  return decode(Buffer.concat(pieces), response.headers['content-encoding'], what).toString('utf8');
}

/** We ask for `identity`, but some servers compress whatever they are asked for. */
function decode(body: Buffer, coding: string | undefined, what: string): Buffer {
  const limit = { maxOutputLength: LARGEST_BODY };
  try {
    switch (coding?.trim().toLowerCase() ?? '') {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, limit);
      case 'deflate':
        return inflateSync(body, limit);
      case 'br':
        return brotliDecompressSync(body, limit);
      default:
        return body;
    }
  } catch (error) {
    throw new ProtocolError(`${what}: the answer's ${coding} coding is broken`, { cause: error });
  }
}

/**
 * Parses JSON, forgiving a byte order mark and the trailing commas that one vendor's page shows. `undefined` for an
 * empty text; throws SyntaxError for anything else that is not JSON.
 */
export function parseJson(text: string): unknown {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (trimmed === '') return undefined;
  try {
    return JSON.parse(trimmed);
  } catch {
    const strict = trimmed.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])/g, (match) =>
      match === ',' ? '' : match,
    );
    return JSON.parse(strict);
  }
}
