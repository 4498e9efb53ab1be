import { credentials } from '../accounts.ts';
import { contentTypes } from '../files/content-types.ts';
import { answerJson, answerText, answerWebPage, readBody, type Headers } from '../http/answers.ts';
import { answerFile } from '../http/files.ts';
import { route, type Route } from '../http/routes.ts';
import type { Exchange } from '../http/server.ts';
import { signLinkV4 } from '../links.ts';
import type { Delivery, Scenario } from '../scenarios/scenario.ts';
import { startedDataExport } from '../scenarios/rebilly.ts';
import type { World } from '../world.ts';

/** Rebilly's data exports and the files that they become: https://api-reference.rebilly.com/reports-api/ */
export function createRebilly(world: World, storeUrl: string): (exchange: Exchange) => Promise<void> {
  /** What the exports were started with that were started here, oldest first. */
  const orders = new Map<Scenario, Readonly<Record<string, unknown>>>();
  const routes: readonly Route[] = [
    // The first is what Rebilly's own clients send, the second what its published description says.
    ...exportsAt('/experimental/organizations/acme/data-exports'),
    ...exportsAt('/organizations/acme/experimental/data-exports'),
    {
      method: 'GET',
      path: /^(\/experimental\/organizations\/acme|\/organizations\/acme\/experimental)\/data-exports$/,
      answer: (exchange) => {
        const headers = { 'pagination-total': 0, 'pagination-limit': 1, 'pagination-offset': 0 };
        answerJson(exchange, 200, [], headers);
      },
    },
    {
      method: 'GET',
      path: /^\/organizations\/acme\/files\/file_(?<id>[^/]+)$/,
      answer: async (exchange, { id = '' }) =>
        await withFile(exchange, world, id, async (scenario, delivery) => {
          const { size, sha1 } = await world.shelf.take(scenario, delivery);
          const { name, content } = delivery;
          const extension = content === 'zip' ? 'zip' : 'csv';
          answerJson(exchange, 200, {
            id: fileIdOf(scenario),
            name,
            extension,
            mime: contentTypes[content],
            size,
            sha1,
          });
        }),
    },
    {
      method: 'GET',
      path: /^\/organizations\/acme\/files\/file_(?<id>[^/]+)\/download$/,
      answer: async (exchange, { id = '' }) =>
        await withFile(exchange, world, id, async (scenario, delivery) => {
          if (delivery.link !== 'api') {
            return answerText(exchange, 302, '', { location: storeLink(delivery) });
          }
          const file = await world.shelf.take(scenario, delivery);
          const headers = {
            'content-type': contentTypes[delivery.content],
            'content-disposition': dispositionOf(delivery),
          };
          return await answerFile(exchange, file, { headers, ranges: true });
        }),
    },
  ];

  function exportsAt(path: string): Route[] {
    const all = new RegExp(`^${path}$`);
    const one = new RegExp(`^${path}/(?<id>[^/]+)$`);
    return [
      { method: 'POST', path: all, answer: answerStart },
      {
        method: 'GET',
        path: all,
        answer: (exchange) => {
          const list = [...orders]
            .toReversed()
            .map(([scenario]) => dataExport(exchange.url, scenario, wordOf(scenario)));
          answerJson(exchange, 200, list, { 'pagination-total': list.length });
        },
      },
      { method: 'GET', path: one, answer: (exchange, { id = '' }) => answerStatus(exchange, id) },
      { method: 'DELETE', path: one, answer: (exchange, { id = '' }) => answerDelete(exchange, id) },
    ];
  }

  async function answerStart(exchange: Exchange): Promise<void> {
    const order = parseOrder(await readBody(exchange));
    const lacking = ['name', 'resource', 'format'].filter((field) => typeof order[field] !== 'string');
    if (lacking.length > 0) {
      const invalidFields = lacking.map((field) => ({ field, message: 'This value is required.' }));
      const detail = `Invalid data was sent: ${lacking.join(', ')}`;
      return answerProblem(exchange, 422, 'Unprocessable Content', detail, {}, { invalidFields });
    }
    const id = `exp_started_${world.catalogue.started.length + 1}`;
    const script = startedDataExport(id, String(order['resource']));
    const scenario = world.catalogue.start('rebilly', script);
    orders.set(scenario, { ...order, createdTime: new Date(world.now()).toISOString() });
    const { origin, pathname } = exchange.url;
    return answerJson(exchange, 201, dataExport(exchange.url, scenario, wordOf(scenario)), {
      location: `${origin}${pathname}/${id}`,
    });
  }

  /** The cancel: of an export that was deleted nothing is left. */
  function answerDelete(exchange: Exchange, id: string): void {
    const scenario = world.catalogue.find('rebilly', id);
    if (scenario === undefined) return answerNotFound(exchange);
    world.catalogue.remove(scenario);
    orders.delete(scenario);
    return answerText(exchange, 204, '');
  }

  function wordOf(scenario: Scenario): string {
    const sight = world.playback.look(scenario);
    return sight.kind === 'status' ? sight.status : '';
  }

  function answerStatus(exchange: Exchange, id: string): void {
    const scenario = world.catalogue.find('rebilly', id);
    if (scenario === undefined) return answerNotFound(exchange);
    const sight = world.playback.look(scenario);
    switch (sight.kind) {
      case 'html':
        return answerWebPage(exchange);
      case 'throttled':
        return answerProblem(exchange, 429, 'Too Many Requests', 'Rate limit exceeded.', {
          'x-ratelimit-limit': 3000,
          'x-ratelimit-remaining': 0,
          'x-ratelimit-retry-after': sight.resetAt,
        });
      case 'status':
        return answerJson(exchange, 200, dataExport(exchange.url, scenario, sight.status));
    }
  }

  function dataExport({ origin, pathname }: URL, scenario: Scenario, status: string): object {
    const [delivery] = status === 'completed' ? scenario.deliveries : [];
    const fileId = fileIdOf(scenario);
    const links = [
      {
        rel: 'self',
        href: `${origin}${pathname.endsWith(`/${scenario.id}`) ? pathname : `${pathname}/${scenario.id}`}`,
      },
      { rel: 'user', href: `${origin}/organizations/acme/users/usr_sandbox` },
    ];
    if (delivery !== undefined) {
      links.push({ rel: 'download', href: `${origin}/organizations/acme/files/${fileId}/download` });
      if (delivery.link === 'signed') links.push({ rel: 'signedLink', href: storeLink(delivery) });
    }
    return {
      id: scenario.id,
      name: 'Sandbox export',
      resource: 'customers',
      format: 'csv',
      status,
      ...(delivery !== undefined && { fileId }),
      ...(status === 'failed' && { failureReason: scenario.message }),
      createdTime: new Date(world.startedAt).toISOString(),
      ...orders.get(scenario),
      _links: links,
    };
  }

  function storeLink(delivery: Delivery): string {
    const overrides = { disposition: dispositionOf(delivery), type: contentTypes[delivery.content] };
    return signLinkV4(new URL(delivery.path, storeUrl), overrides, world.now(), world.linkLifetimeMs);
  }

  return async (exchange) => {
    if (!isAllowed(exchange)) {
      return answerProblem(exchange, 401, 'Unauthorized', 'Unauthorized access. Invalid credentials used.');
    }
    if (!(await route(exchange, routes))) answerNotFound(exchange);
  };
}

function parseOrder(body: string): Readonly<Record<string, unknown>> {
  try {
    const order: unknown = JSON.parse(body);
    return typeof order === 'object' && order !== null ? { ...order } : {};
  } catch {
    return {};
  }
}

function isAllowed({ request: { headers } }: Exchange): boolean {
  const { apiKey, jwt } = credentials.rebilly;
  return headers['reb-apikey'] === apiKey || headers.authorization === `Bearer ${jwt}`;
}

async function withFile(
  exchange: Exchange,
  { catalogue }: World,
  id: string,
  answer: (scenario: Scenario, delivery: Delivery) => Promise<void>,
): Promise<void> {
  const scenario = catalogue.find('rebilly', id);
  const delivery = scenario?.deliveries[0];
  if (scenario === undefined || delivery === undefined) answerNotFound(exchange);
  else await answer(scenario, delivery);
}

function fileIdOf({ id }: Scenario): string {
  return `file_${id}`;
}

function dispositionOf({ name }: Delivery): string {
  return `attachment; filename="${name}"`;
}

function answerNotFound(exchange: Exchange): void {
  answerProblem(exchange, 404, 'Not Found', 'Resource not found.');
}

/** RFC 9457. */
function answerProblem(
  exchange: Exchange,
  status: number,
  title: string,
  detail: string,
  headers: Headers = {},
  more: object = {},
): void {
  const problem = { type: 'about:blank', title, status, detail, instance: exchange.url.pathname, ...more };
  answerJson(exchange, status, problem, { ...headers, 'content-type': 'application/problem+json' });
}
