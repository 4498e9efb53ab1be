import { credentials } from '../accounts.ts';
import { answerJson, answerText, answerWebPage, type Headers } from '../http/answers.ts';
import { route, type Route } from '../http/routes.ts';
import type { Exchange } from '../http/server.ts';
import { signLinkV2 } from '../links.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { startedFile } from '../scenarios/webadmit.ts';
import type { World } from '../world.ts';

/** Calls per hour and key. */
const LIMIT = 5000;
const FIRST_ID = 267_520;

/** WebAdMIT's export files: https://liaison-intl.github.io/ */
export function createWebadmit(world: World, storeUrl: string): (exchange: Exchange) => Promise<void> {
  let remaining = LIMIT;
  /** What was started here, oldest first. */
  const files: { identity: string; scenario: Scenario }[] = [];
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: /^\/api\/v1\/exports\/(?<exportId>\d+)\/export_files\/(?<fileId>\d+)$/,
      answer: (exchange, { exportId = '', fileId = '' }) => {
        const scenario = world.catalogue.find('webadmit', `${exportId}/${fileId}`);
        if (scenario === undefined) return answerNotFound(exchange, quota(remaining));
        return answerStatus(exchange, scenario);
      },
    },
    {
      method: 'POST',
      path: /^\/api\/v1\/user_identities\/(?<identity>\d+)\/exports\/(?<exportId>\d+)\/export_files$/,
      answer: (exchange, { identity = '', exportId = '' }) => answerStart(exchange, identity, exportId),
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/user_identities\/(?<identity>\d+)\/export_files$/,
      answer: (exchange, { identity = '' }) => {
        const recent = files.filter((file) => file.identity === identity).map(({ scenario }) => scenario);
        const list = recent.toReversed().map((scenario) => describe(scenario, wordOf(scenario)));
        answerJson(exchange, 200, list, quota(remaining));
      },
    },
    {
      method: 'GET',
      path: /^\/api\/v1\/user_identities$/,
      answer: (exchange) => {
        const identity = { id: 95, type: 'Staff', association: 'Sandbox', institution: 'Sandbox University' };
        const body = { href: exchange.url.pathname, user_identities: [identity] };
        answerJson(exchange, 200, body, quota(remaining));
      },
    },
  ];

  /** While one runs, this answers the one that runs. */
  function answerStart(exchange: Exchange, identity: string, exportId: string): void {
    const running = files.find(
      (file) =>
        file.identity === identity &&
        file.scenario.id.startsWith(`${exportId}/`) &&
        wordOf(file.scenario) !== file.scenario.statuses.at(-1),
    );
    const fileId = String(FIRST_ID + world.catalogue.started.length);
    const scenario = running?.scenario ?? world.catalogue.start('webadmit', startedFile(exportId, fileId));
    if (running === undefined) files.push({ identity, scenario });
    const body = { export_files: describe(scenario, wordOf(scenario)) };
    return answerJson(exchange, 201, body, quota(remaining));
  }

  function wordOf(scenario: Scenario): string {
    const sight = world.playback.look(scenario);
    return sight.kind === 'status' ? sight.status : '';
  }

  function answerStatus(exchange: Exchange, scenario: Scenario): void {
    const sight = world.playback.look(scenario);
    switch (sight.kind) {
      case 'html':
        return answerWebPage(exchange);
      case 'throttled': {
        const wait = Math.ceil(sight.resetAt - exchange.receivedAt / 1000);
        return answerText(exchange, 429, '', { ...quota(0), 'retry-after': wait });
      }
      case 'status': {
        const file = describe(scenario, sight.status);
        const link = sight.status === scenario.statuses.at(-1) ? downloadUrl(scenario) : undefined;
        const body = { export_files: { ...file, ...(link !== undefined && { download_url: link }) } };
        return answerJson(exchange, 200, body, quota(remaining));
      }
    }
  }

  function downloadUrl({ deliveries: [delivery] }: Scenario): string | undefined {
    if (delivery === undefined) return undefined;
    const overrides = {
      disposition: delivery.disposition ?? `attachment; filename="${delivery.name}"`,
      type: delivery.content === 'zip' ? 'application/zip' : 'text/csv;charset=iso-8859-1',
    };
    return signLinkV2(new URL(delivery.path, storeUrl), overrides, world.now(), world.linkLifetimeMs);
  }

  return async (exchange) => {
    remaining -= 1;
    if (exchange.request.headers['x-api-key'] !== credentials.webadmit.apiKey) {
      return answerText(exchange, 401, '', quota(remaining));
    }
    if (!(await route(exchange, routes))) answerNotFound(exchange, quota(remaining));
  };
}

function describe({ id }: Scenario, status: string): object {
  const [exportId, fileId] = id.split('/');
  const href = `/api/v1/exports/${exportId}/export_files/${fileId}`;
  return { id: Number(fileId), href, export_id: Number(exportId), status };
}

function answerNotFound(exchange: Exchange, headers: Headers): void {
  answerJson(exchange, 404, { message: 'Not Found' }, headers);
}

function quota(remaining: number): Headers {
  return { 'x-ratelimit-limit': LIMIT, 'x-ratelimit-remaining': Math.max(0, remaining) };
}
