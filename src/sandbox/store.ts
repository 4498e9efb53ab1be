import { answerFile } from './http/files.ts';
import { answerText } from './http/answers.ts';
import type { Exchange } from './http/server.ts';
import { judgeLink } from './links.ts';
import { contentTypes } from './files/content-types.ts';
import { filesUntil, type World } from './world.ts';

/** The headers by which credentials travel here; none of them has any business at the store. */
const CREDENTIALS = ['authorization', 'cookie', 'x-api-key', 'reb-apikey'];

/**
 * The object store: files behind signed links and, for MyTracker's older ones, behind plain unguessable URLs. It speaks
 * S3's XML (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html) and, like S3, takes a link with
 * further credentials for a mistake of the client.
 */
export function createStore(world: World): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    const { request, url, receivedAt } = exchange;
    if (CREDENTIALS.some((name) => request.headers[name] !== undefined)) {
      return answerError(exchange, 400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    const verdict = judgeLink(url, request.method ?? 'GET', receivedAt);
    switch (verdict.kind) {
      case 'expired':
        return answerError(exchange, 403, 'AccessDenied', 'Request has expired', {
          Expires: new Date(verdict.at).toISOString(),
          ServerTime: new Date(receivedAt).toISOString(),
        });
      case 'mismatch':
        return answerError(
          exchange,
          403,
          'SignatureDoesNotMatch',
          'The request signature we calculated does not match the signature you provided.',
        );
      case 'good':
        return await answerSigned(exchange, world);
      case 'unsigned':
        return await answerPlain(exchange, world);
    }
  };
}

async function answerSigned(exchange: Exchange, { catalogue, shelf }: World): Promise<void> {
  const found = catalogue.findDelivery(exchange.url.pathname, ['signed', 'redirect']);
  if (found === undefined)
    return answerError(exchange, 404, 'NoSuchKey', 'The specified key does not exist.');
  const overrides = exchange.url.searchParams;
  const headers = {
    'content-disposition': overrides.get('response-content-disposition') ?? '',
    'content-type': overrides.get('response-content-type') ?? '',
  };
  return await answerFile(exchange, await shelf.take(found.scenario, found.delivery), {
    headers,
    ranges: true,
  });
}

async function answerPlain(exchange: Exchange, world: World): Promise<void> {
  const found = world.catalogue.findDelivery(exchange.url.pathname, ['plain']);
  if (found === undefined) return answerError(exchange, 403, 'AccessDenied', 'Access Denied');
  if (exchange.receivedAt > filesUntil(world, found.scenario)) {
    return answerError(exchange, 404, 'NoSuchKey', 'The specified key does not exist.');
  }
  const file = await world.shelf.take(found.scenario, found.delivery);
  const headers = { 'content-type': contentTypes[found.delivery.content] };
  return await answerFile(exchange, file, { headers, ranges: true });
}

function answerError(
  exchange: Exchange,
  status: number,
  code: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): void {
  const elements = Object.entries({ Code: code, Message: message, ...details });
  const xml = elements.map(([name, text]) => `<${name}>${text}</${name}>`).join('');
  answerText(exchange, status, `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${xml}</Error>`, {
    'content-type': 'application/xml',
  });
}
