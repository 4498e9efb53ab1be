import { readBody } from '../http/answers.ts';
import type { Exchange } from '../http/server.ts';
import { startedRaw, startedSegment } from '../scenarios/mytracker.ts';
import type { World } from '../world.ts';
import { answerEnvelope, answerNotFound, type Api } from './mytracker-envelope.ts';

const FIRST_ID = 11_050_001;
/** Of the dictionary of events. */
const EVENTS: ReadonlySet<string> = new Set([
  'installs',
  'sessions',
  'payments',
  'payment',
  'customEvents',
  'activities',
]);

/**
 * https://tracker.my.com/docs/api/export-api/raw/create and segment/export/create: the parameters come in the query or
 * as a form, lists with commas or as `name[]`.
 */
export async function answerCreate(
  exchange: Exchange,
  api: Api,
  { catalogue, playback }: World,
): Promise<void> {
  const form = new URLSearchParams(await readBody(exchange));
  const given = (name: string): string =>
    [exchange.url.searchParams, form]
      .flatMap((parameters) => [...parameters.getAll(name), ...parameters.getAll(`${name}[]`)])
      .join(',');
  const isRaw = api.provider === 'mytracker-raw';
  const detail = isRaw ? wrongWithRaw(given) : wrongWithSegment(given);
  if (detail !== undefined) return answerEnvelope(exchange, 400, 'Bad Request', { error: { detail } });
  const id = String(FIRST_ID + catalogue.started.length);
  const script = isRaw ? startedRaw(id, given('event')) : startedSegment(id);
  playback.look(catalogue.start(api.provider, script));
  return answerEnvelope(exchange, 200, 'Ok', { [api.idName]: id });
}

/** https://tracker.my.com/docs/api/export-api/raw/cancel: a GET. */
export function answerCancel(exchange: Exchange, api: Api, { catalogue, playback }: World): void {
  const id = exchange.url.searchParams.get(api.idName) ?? '';
  const scenario = catalogue.find(api.provider, id);
  if (scenario === undefined) return answerNotFound(exchange, api.notFound);
  const sight = playback.look(scenario);
  const status = sight.kind === 'status' ? sight.status : '';
  if (status === 'In progress') {
    playback.end(scenario, 'Canceled by user');
    return answerEnvelope(exchange, 200, 'Ok', { [api.idName]: id, info: 'Canceled' });
  }
  const why = status === 'Success!' ? " (it's completed)" : '';
  const detail = `This RawExport can not be cancel${why}`;
  return answerEnvelope(exchange, 400, 'Bad Request', { error: { detail } });
}

function wrongWithRaw(given: (name: string) => string): string | undefined {
  if (given('event') === '') return 'Parameter "event" is required';
  if (!EVENTS.has(given('event'))) return `Unknown event "${given('event')}"`;
  if (given('selectors') === '') return 'Parameter "selectors" is required';
  const odd = ['dateFrom', 'dateTo'].find((name) => given(name) !== '' && !isDate(given(name)));
  if (odd !== undefined) return `Parameter "${odd}" is not a date`;
  return given('dateFrom') > given('dateTo') && given('dateTo') !== ''
    ? 'Parameter "dateFrom" is after "dateTo"'
    : undefined;
}

function wrongWithSegment(given: (name: string) => string): string | undefined {
  if (given('idSegment') === '') return 'Parameter "idSegment" is required';
  return /^\d+$/.test(given('idSegment')) ? undefined : 'Parameter "idSegment" is not a number';
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}
