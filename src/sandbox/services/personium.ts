import { credentials } from '../accounts.ts';
import { answerJson, answerText, answerWebPage, readBody, type Headers } from '../http/answers.ts';
import { answerFile } from '../http/files.ts';
import { route, type Route } from '../http/routes.ts';
import type { Exchange } from '../http/server.ts';
import { startedExport } from '../scenarios/personium.ts';
import type { World } from '../world.ts';
import { createCell } from './cell.ts';
import { createTokens, type Tokens } from './personium-tokens.ts';

const COMMON: Headers = { 'access-control-allow-origin': '*', 'x-personium-version': '1.8.4-SNAPSHOT' };

/** A Personium cell with its export: https://personium.io/en/apiref/501_Export_Cell.html */
export function createPersonium(world: World): (exchange: Exchange) => Promise<void> {
  const tokens = createTokens(world.now);
  const cell = createCell(world.durationMs, world.now);
  /** Names that are taken although there is no export of them. */
  const spent = new Set<string>();
  const routes: readonly Route[] = [
    { method: 'GET', path: /^\/cell1\/__export$/, answer: answerStatus },
    { method: 'POST', path: /^\/cell1\/__export$/, answer: answerStart },
    {
      method: 'GET',
      path: /^\/cell1\/__snapshot\/(?<name>[^/]+)\.zip$/,
      answer: async (exchange, { name = '' }) => await answerArchive(exchange, name),
    },
    {
      method: 'GET',
      path: /^\/cell1\/__snapshot\/(?<name>[^/]+)\.error$/,
      answer: (exchange, { name = '' }) => answerReport(exchange, name),
    },
  ];

  function answerStatus(exchange: Exchange): void {
    const first = world.catalogue.find('personium', 'CellExport_2017_01');
    // Who starts exports wants the cell for them.
    if (first !== undefined && world.catalogue.started.every(({ provider }) => provider !== 'personium')) {
      cell.begin(first);
    }
    const current = cell.current();
    const status =
      current === undefined
        ? { status: 'ready' }
        : {
            status: current.status,
            started_at: new Date(current.startedAt).toISOString(),
            progress: `${current.percent}%`,
            exportation_name: current.name,
          };
    // Without a Content-Type, as the service answers.
    answerText(exchange, 200, JSON.stringify(status), COMMON);
  }

  /** https://personium.io/en/apiref/501_Export_Cell.html: 202 without any handle, or one of three 409s. */
  async function answerStart(exchange: Exchange): Promise<void> {
    const name = nameIn(await readBody(exchange), world.now());
    if (name === undefined) {
      return answerError(exchange, 400, 'PR400-CM-0004', 'JSON parse error.');
    }
    if (!/^[a-zA-Z0-9_-]{1,192}$/.test(name)) {
      return answerError(exchange, 400, 'PR400-CM-0002', 'Value of [Name] is invalid.');
    }
    const known = world.catalogue.find('personium', name);
    if (spent.has(name) || (known !== undefined && cell.isOver(known) && known.message === undefined)) {
      return answerError(exchange, 409, 'PR409-DV-0002', `File [${name}.zip] already exists.`);
    }
    if (name.includes('contended')) {
      // The service has made the file's folder before it waits for the cell in vain, and leaves it behind.
      spent.add(name);
      return answerError(exchange, 409, 'PR409-MC-0001', 'The cell is busy.');
    }
    if (cell.isBusy()) {
      const message = 'Because [cell export] is being executed, writing to cell can not be done.';
      return answerError(exchange, 409, 'PR409-CM-0002', message);
    }
    cell.start(world.catalogue.start('personium', startedExport(name)));
    return answerText(exchange, 202, '', { ...COMMON, location: `${exchange.url.origin}/cell1/__export` });
  }

  async function answerArchive(exchange: Exchange, name: string): Promise<void> {
    const scenario = world.catalogue.find('personium', name);
    if (scenario !== undefined) cell.begin(scenario);
    const delivery = scenario?.deliveries[0];
    if (scenario === undefined || delivery === undefined || !cell.isOver(scenario)) {
      return answerNoFile(exchange);
    }
    const file = await world.shelf.take(scenario, delivery);
    const headers = { ...COMMON, 'content-type': 'application/zip' };
    return await answerFile(exchange, file, { headers, ranges: false });
  }

  function answerReport(exchange: Exchange, name: string): void {
    const scenario = world.catalogue.find('personium', name);
    if (scenario === undefined || !cell.isOver(scenario)) return answerNoFile(exchange);
    if (scenario.oddity === 'html') return answerWebPage(exchange);
    if (scenario.message === undefined) return answerNoFile(exchange);
    return answerError(exchange, 200, 'PR503-SV-0001', scenario.message);
  }

  return async (exchange) => {
    if (exchange.request.method === 'POST' && exchange.url.pathname === '/cell1/__token') {
      return await answerToken(exchange, tokens);
    }
    const refusal = refusalOf(exchange, tokens);
    if (refusal !== undefined) {
      const realm = `Bearer realm="${exchange.url.origin}/cell1/"`;
      return answerError(exchange, 401, refusal.code, refusal.message, { 'www-authenticate': realm });
    }
    if (!(await route(exchange, routes))) answerNoFile(exchange);
  };
}

/** The Name that a start asks for, or the one that the service makes up; `undefined` for what is not JSON. */
function nameIn(body: string, now: number): string | undefined {
  try {
    const { Name } = JSON.parse(body === '' ? '{}' : body) as { Name?: unknown };
    const time = new Date(now).toISOString().replace(/\D/g, '');
    if (Name === undefined) return `cell1_${time.slice(0, 8)}_${time.slice(8, 14)}`;
    return typeof Name === 'string' ? Name : '';
  } catch {
    return undefined;
  }
}

interface Refusal {
  readonly code: string;
  readonly message: string;
}

const refusals = {
  good: undefined,
  expired: { code: 'PR401-AU-0002', message: 'Access token expired.' },
  unknown: { code: 'PR401-AU-0006', message: 'Token parse error.' },
} as const;

/** The Authorization header wins; the cookie, with its other half in the query, counts only without one. */
function refusalOf({ request: { headers }, url }: Exchange, tokens: Tokens): Refusal | undefined {
  const { cookie, cookiePeer } = credentials.personium;
  if (headers.authorization === undefined) {
    const cookies = (headers.cookie ?? '').split('; ');
    const peer = url.searchParams.get('p_cookie_peer');
    if (cookies.includes(`p_cookie=${cookie}`) && peer === cookiePeer) return undefined;
    return { code: 'PR401-AU-0001', message: 'Authentication information required.' };
  }
  return refusals[tokens.judge(headers.authorization.replace(/^Bearer /, ''))];
}

async function answerToken(exchange: Exchange, tokens: Tokens): Promise<void> {
  const grant = tokens.grant(new URLSearchParams(await readBody(exchange)));
  if (grant !== undefined) return answerJson(exchange, 200, grant, COMMON);
  const refusal = { error: 'invalid_grant', error_description: '[PR400-AN-0017] - Authentication failed.' };
  return answerJson(exchange, 400, refusal, COMMON);
}

function answerNoFile(exchange: Exchange): void {
  answerError(exchange, 404, 'PR404-DV-0001', 'File not found.');
}

function answerError(
  exchange: Exchange,
  status: number,
  code: string,
  value: string,
  headers: Headers = {},
): void {
  answerJson(exchange, status, { code, message: { lang: 'en', value } }, { ...COMMON, ...headers });
}
