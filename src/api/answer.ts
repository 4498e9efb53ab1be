import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

import { ProtocolError } from '../errors.ts';
import { UnreadableAnswerError } from './failures.ts';
import { parseJson } from './json.ts';
import type { HttpResponse } from './transport/http.ts';

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

/**
 * Reads a body whole as text (UTF-8), content coding removed. Throws ProtocolError past 16 MiB, UnreadableAnswerError
 * for a coding that is broken.
 */
export async function readText(response: HttpResponse, what: string): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body) {
    length += piece.length;
    if (length > LARGEST_BODY) {
      response.body.destroy();
      throw new ProtocolError(`${what}: the answer is larger than 16 MiB`);
    }
    pieces.push(piece);
  }
  return decode(Buffer.concat(pieces), response, what).toString('utf8');
}

/** We ask for `identity`, but some servers compress whatever they are asked for. */
function decode(body: Buffer, { status, headers }: HttpResponse, what: string): Buffer {
  const coding = headers['content-encoding'];
  if (body.length === 0) return body;
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
    // The status of an error answer says enough; a proxy's page may be labelled as anything.
    if (status >= 400) return body;
    throw new UnreadableAnswerError(`${what}: the answer's ${coding} coding is broken`, { cause: error });
  }
}

/**
 * The JSON of an answer. Throws UnreadableAnswerError when a success is not JSON; the body of an error may be anything.
 *
 * @param mask hides the secrets in the excerpt that the error shows
 */
export function parseBody(text: string, { status }: HttpResponse, what: string, mask: Mask): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (status >= 400) return undefined;
    throw new UnreadableAnswerError(
      `${what}: the answer (HTTP ${status}) is not JSON: ${excerpt(text, mask)}`,
      {
        hint: 'check baseUrl, and whether a proxy or a login page stands in between',
        cause: error,
      },
    );
  }
}

/** The value of a text that may or may not be JSON: that, or the text itself. */
export function parseAny(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** Hides the secrets in a text. */
export type Mask = (text: string) => string;

/** Masked before it is cut: half a secret is found by nobody. */
function excerpt(text: string, mask: Mask): string {
  const line = mask(mask(text).replace(/\s+/g, ' ').trim());
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}
