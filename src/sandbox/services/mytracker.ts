import { credentials } from '../accounts.ts';
import { verifyAuthHmac } from '../authhmac.ts';
import { contentTypes } from '../files/content-types.ts';
import { answerWebPage, readBody } from '../http/answers.ts';
import { answerFile } from '../http/files.ts';
import { route, type Route } from '../http/routes.ts';
import type { Exchange } from '../http/server.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { answerEnvelope, answerNotFound, type Api } from './mytracker-envelope.ts';
import { answerCancel, answerCreate } from './mytracker-orders.ts';
import { filesUntil, type World } from '../world.ts';

const apis: Readonly<Record<'raw' | 'segment', Api>> = {
  raw: { provider: 'mytracker-raw', idName: 'idRawExport', notFound: 'Raw export request not found' },
  segment: {
    provider: 'mytracker-segment',
    idName: 'idSegmentExport',
    notFound: 'Segment export request not found',
  },
};

function apiOf(kind: string): Api {
  return kind === 'raw' ? apis.raw : apis.segment;
}

/** MyTracker's export APIs: https://tracker.my.com/docs/api/export-api. Every answer is `{ code, message, data }`. */
export function createMytracker(world: World, storeUrl: string): (exchange: Exchange) => Promise<void> {
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: /^\/api\/(?<kind>raw|segment)\/v1\/export\/get\.json$/,
      answer: (exchange, { kind = '' }) => {
        answerStatus(exchange, apiOf(kind), world, storeUrl);
      },
    },
    {
      method: 'POST',
      path: /^\/api\/(?<kind>raw|segment)\/v1\/export\/create\.json$/,
      answer: async (exchange, { kind = '' }) => {
        await answerCreate(exchange, apiOf(kind), world);
      },
    },
    {
      method: 'GET',
      path: /^\/api\/raw\/v1\/export\/cancel\.json$/,
      answer: (exchange) => answerCancel(exchange, apis.raw, world),
    },
    {
      method: 'GET',
      path: /^\/api\/open\/user\/v1\/quotas\/get\.json$/,
      answer: (exchange) => answerEnvelope(exchange, 200, 'Ok', { quotas: quotas(exchange, 27) }),
    },
    {
      method: 'GET',
      path: /^\/storage\/download\//,
      answer: async (exchange) => await answerStorage(exchange, world),
    },
  ];

  return async (exchange) => {
    if (!(await isAllowed(exchange))) return answerEnvelope(exchange, 403, 'Access denied', null);
    if (!(await route(exchange, routes))) answerNotFound(exchange, 'Not Found');
  };
}

async function isAllowed(exchange: Exchange): Promise<boolean> {
  const { request, record, url } = exchange;
  const { userId, secretKey } = credentials.mytracker;
  const body = await readBody(exchange);
  // The signature is over the URL as it was sent, not as it may look after parsing.
  const signed = { method: record.method, url: `${url.origin}${record.url}`, body };
  return verifyAuthHmac(request.headers.authorization, signed, userId, secretKey);
}

function answerStatus(
  exchange: Exchange,
  { provider, idName, notFound }: Api,
  world: World,
  storeUrl: string,
): void {
  const scenario = world.catalogue.find(provider, exchange.url.searchParams.get(idName) ?? '');
  if (scenario === undefined) return answerNotFound(exchange, notFound);
  const sight = world.playback.look(scenario);
  switch (sight.kind) {
    case 'html':
      return answerWebPage(exchange);
    case 'throttled':
      return answerThrottled(exchange, sight.resetAt);
    case 'status': {
      const data = { [idName]: scenario.id, status: sight.status };
      const details = detailsOf(scenario, sight.status, sight.percent, () =>
        links(exchange, scenario, world, storeUrl),
      );
      return answerEnvelope(exchange, 200, 'Ok', { ...data, ...details });
    }
  }
}

function detailsOf(
  { provider, message }: Scenario,
  status: string,
  percent: number,
  files: () => object[],
): object {
  switch (status) {
    case 'In progress':
      return {
        progress: `${Math.min(percent, 99)}%`,
        ...(provider === 'mytracker-raw' && { isCancellable: true }),
      };
    case 'User error occurred':
      return { errorMessage: message };
    case 'Success!':
      return { files: files() };
    default:
      return {};
  }
}

function links({ url }: Exchange, scenario: Scenario, world: World, storeUrl: string): object[] {
  const timestampExpires = String(Math.floor(filesUntil(world, scenario) / 1000));
  return scenario.deliveries.map(({ path, link }) => ({
    link: `${link === 'plain' ? storeUrl : url.origin}${path}`,
    timestampExpires,
  }));
}

async function answerStorage(exchange: Exchange, world: World): Promise<void> {
  const found = world.catalogue.findDelivery(exchange.url.pathname, ['api']);
  if (found === undefined || exchange.receivedAt > filesUntil(world, found.scenario)) {
    return answerNotFound(exchange, 'File not found');
  }
  const file = await world.shelf.take(found.scenario, found.delivery);
  const headers = { 'content-type': contentTypes[found.delivery.content] };
  return await answerFile(exchange, file, { headers, ranges: true });
}

/** The hour's quota is there to be ignored: it is not exceeded, although its reset is further away. */
function answerThrottled(exchange: Exchange, resetAt: number): void {
  const info = { quotas: quotas(exchange, 127, resetAt) };
  answerEnvelope(exchange, 429, 'Too Many Requests', { error: { info } });
}

/** After `count` requests in this minute, which ends at `resetAt`, in unix seconds. */
function quotas({ receivedAt }: Exchange, count: number, resetAt?: number): object[] {
  const now = Math.floor(receivedAt / 1000);
  const quota = (name: string, limit: number, resetTime: number) => ({
    name,
    count,
    limit,
    resetTime,
    resetInSecond: resetTime - now,
    exceeded: count > limit,
  });
  return [
    quota('RequestsByUserPerHour', 1000, now + 1800),
    quota('RequestsByUserPerMinute', 100, resetAt ?? now + 60),
  ];
}
