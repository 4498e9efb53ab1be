import { Readable } from 'node:stream';
import { accountsAt, type SandboxAccount } from './accounts.ts';
import { createCatalogue } from './catalogue.ts';
import { contentsOf } from './files/contents.ts';
import { createShelf } from './files/shelf.ts';
import { answerText } from './http/answers.ts';
import { startServer, type Exchange, type RecordedRequest } from './http/server.ts';
import { createPlayback } from './playback.ts';
import type { BuiltinProviderName, Scenario } from './scenarios/scenario.ts';
import { createMytracker } from './services/mytracker.ts';
import { createPersonium } from './services/personium.ts';
import { createRebilly } from './services/rebilly.ts';
import { createWebadmit } from './services/webadmit.ts';
import { createStore } from './store.ts';
import type { World } from './world.ts';

export { scenarios } from './scenarios/table.ts';
export type { Scenario } from './scenarios/scenario.ts';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  readonly apiPort?: number;
  /** 0, the default, takes a free one. */
  readonly storePort?: number;
  /** Data rows of every CSV. */
  readonly rows?: number;
  /** How long a signed link lives. Links count whole seconds, so that it can be up to one second less. */
  readonly linkLifetimeMs?: number;
  /** How long an export takes from the first look at it; 0 is done at once. */
  readonly durationMs?: number;
  /** Milliseconds since the Unix epoch; links, tokens, progress and the Date header go by it. */
  readonly now?: () => number;
}

/** Stand-ins of the five services on loopback: one origin for all the APIs, another one for the files behind links. */
export interface Sandbox {
  /** Without a slash at the end, as `storeUrl`. */
  readonly apiUrl: string;
  readonly storeUrl: string;
  readonly accounts: Readonly<Record<BuiltinProviderName, SandboxAccount>>;
  /** Everything that was asked so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The exports that were started so far, oldest first. */
  readonly started: readonly Scenario[];
  /** The bytes that are to be on disk in the end, before any gzip. Throws when the id does not deliver such a file. */
  expectedFile(provider: BuiltinProviderName, id: string, name: string): Readable;
  /** Cuts open connections and removes temporary files. */
  close(): Promise<void>;
}

/** Starts the stand-ins; rejects when a port is taken. The ids that they know are in `scenarios`. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { apiPort = 0, storePort = 0, rows = 2000, linkLifetimeMs = 30_000, durationMs = 4000 } = options;
  const now = options.now ?? Date.now;
  const shelf = createShelf(rows);
  const playback = createPlayback(durationMs, now);
  const catalogue = createCatalogue();
  const world: World = { now, startedAt: now(), durationMs, linkLifetimeMs, catalogue, playback, shelf };
  const requests: RecordedRequest[] = [];

  const store = await startServer({
    origin: 'store',
    port: storePort,
    now,
    requests,
    answer: createStore(world),
  });
  const api = await startServer({
    origin: 'api',
    port: apiPort,
    now,
    requests,
    answer: createApi(world, store.url),
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });

  return {
    apiUrl: api.url,
    storeUrl: store.url,
    accounts: accountsAt(api.url),
    requests,
    started: catalogue.started,
    expectedFile(provider, id, name) {
      const scenario = catalogue.find(provider, id);
      const delivery = scenario?.deliveries.find((one) => one.name === name);
      if (scenario === undefined || delivery === undefined) {
        throw new Error(`${provider}:${id} delivers no file ${name}`);
      }
      return Readable.from(contentsOf(scenario, delivery, rows));
    },
    async close() {
      await Promise.all([api.close(), store.close()]);
      await shelf.clear();
    },
  };
}

/** The APIs share an origin; their paths tell them apart. */
function createApi(world: World, storeUrl: string): (exchange: Exchange) => Promise<void> {
  const services = [
    { paths: /^\/(api\/(raw|segment|open)|storage)\//, answer: createMytracker(world, storeUrl) },
    { paths: /^\/api\/v1\//, answer: createWebadmit(world, storeUrl) },
    { paths: /^\/cell1\//, answer: createPersonium(world) },
    { paths: /^\/(experimental|organizations)\//, answer: createRebilly(world, storeUrl) },
  ];
  return async (exchange) => {
    const service = services.find(({ paths }) => paths.test(exchange.url.pathname));
    if (service === undefined) answerText(exchange, 404, 'no such API in the sandbox\n');
    else await service.answer(exchange);
  };
}
