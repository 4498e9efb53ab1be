import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pLimit from 'p-limit';

import { Authenticator } from '../../src/api/auth/authenticator.ts';
import { ApiClient } from '../../src/api/client.ts';
import { Quota } from '../../src/api/quota.ts';
import type { Link } from '../../src/api/link.ts';
import { createTransport } from '../../src/api/transport/transport.ts';
import type { Settings } from '../../src/settings.ts';
import { thisMachine, type Method } from '../../src/download/decode/method.ts';
import { DecodePool } from '../../src/download/decode/pool.ts';
import { syncDirectory } from '../../src/download/durable.ts';
import { Journal } from '../../src/download/journal.ts';
import { Links } from '../../src/download/receive/links.ts';
import { saveExport, type Saved } from '../../src/download/save-export.ts';
import { OutputDirectory } from '../../src/download/output-directory.ts';
import { leftParts } from '../../src/download/part/part-name.ts';
import { Names } from '../../src/download/target.ts';
import type { Event } from '../../src/events.ts';
import { fakeClock, type FakeClock } from '../helpers/fake-clock.ts';
import { startScriptedServer, type RemoteFile, type ScriptedServer } from '../helpers/scripted-server.ts';

export const API_KEY = '0123456789abcdef0123456789abcdef';

export interface WorldOptions {
  /** What the store has, by name. */
  readonly files: Readonly<Record<string, RemoteFile>>;
  readonly settings?: Partial<Settings>;
  /** Laid over every link that the provider hands out. */
  readonly link?: Partial<Link>;
  /** How long links live, in ms; the store refuses them from then on. Without it they live for ever. */
  readonly lifetimeMs?: number;
  /** Whether links tell when they die. */
  readonly tellExpiry?: boolean;
  /** How files of any size are decoded; by a stream unless told. */
  readonly method?: Exclude<Method, 'stream'> | undefined;
  /** Whether the store's origin is the API's own, which may have the credentials. */
  readonly isApi?: boolean;
}

/** An export whose files lie on a store that does as it is told, and a directory to save them in. */
export interface World {
  readonly server: ScriptedServer;
  readonly directory: string;
  readonly clock: FakeClock;
  readonly events: Event[];
  readonly client: ApiClient;
  readonly interruption: AbortController;
  readonly method: WorldOptions['method'];
  /** How often the provider was asked for new links. */
  renewals: number;
  /** What the provider answers then; replaced by tests. */
  renew: () => Promise<readonly Link[]>;
  /** Links to every file, good from now on. */
  issue(): Link[];
  /** One run: everything but the directory and the store is new. */
  save(overrides?: Partial<Settings>): Promise<Saved>;
  /** The content of a file that has its final name. */
  read(name: string): Promise<Buffer>;
  /** Final names, sorted; the manifest is not among them. */
  landed(): Promise<string[]>;
  /** Names of what is left of an unfinished run, sorted. */
  leftovers(): Promise<string[]>;
  /** Names and contents of all files there are, as text. */
  everythingOnDisk(): Promise<string>;
}

/** Lets `play` loose on a new world and clears it away again. */
export async function inWorld(options: WorldOptions, play: (world: World) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-test-'));
  const server = await startScriptedServer();
  const transport = createTransport();
  try {
    for (const [name, file] of Object.entries(options.files)) server.files.set(`/files/${name}`, file);
    const clock = fakeClock();
    const client = new ApiClient({
      transport,
      authenticator: new Authenticator({
        apply: async ({ headers }) => void (headers['x-api-key'] = API_KEY),
        renew: () => Promise.resolve(false),
      }),
      isRefused: () => false,
      holdsSecret: () => false,
      origins: new Set([options.isApi === true ? server.origin : 'https://api.example.com']),
      quota: new Quota([], { clock, random: () => 0.5 }),
      now: () => clock.now(),
      log: () => undefined,
      mask: (text) => text,
      signal: new AbortController().signal,
    });
    await play(createWorld(options, { directory, server, clock, client }));
  } finally {
    await transport.close();
    await server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function createWorld(
  options: WorldOptions,
  parts: Pick<World, 'directory' | 'server' | 'clock' | 'client'>,
): World {
  const { directory, server, clock } = parts;
  const deaths = new Map<string, number>();
  let signatures = 0;
  server.fault = expiryOf(clock, deaths);
  const listed = async (isWanted: (name: string) => boolean): Promise<string[]> =>
    (await readdir(directory)).filter(isWanted).sort();
  const interruption = new AbortController();
  // As the real one.
  setMaxListeners(0, interruption.signal);
  const world: World = {
    ...parts,
    method: options.method,
    events: [],
    interruption,
    renewals: 0,
    renew: () => Promise.resolve(world.issue()),
    issue: () => {
      signatures += 1;
      const signature = String(signatures);
      const diesAt = options.lifetimeMs === undefined ? undefined : clock.now() + options.lifetimeMs;
      if (diesAt !== undefined) deaths.set(signature, diesAt);
      return Object.keys(options.files).map((name, index) => ({
        ...{ identity: name, index, auth: 'none', issuedAt: clock.now() },
        url: new URL(`${server.origin}/files/${name}?sig=${signature}`),
        expiresAt: options.tellExpiry === true ? diesAt : undefined,
        ...{ name: undefined, size: undefined, checksums: {} },
        ...options.link,
      }));
    },
    save: async (overrides) =>
      await saveOnce(world, { ...defaults(directory), ...options.settings, ...overrides }),
    read: async (name) => await readFile(join(directory, name)),
    landed: async () => await listed((name) => !name.startsWith('.') && !name.endsWith('.manifest.json')),
    everythingOnDisk: async () => {
      const names = await readdir(directory);
      const contents = names.map(
        async (name) => `${name} ${await readFile(join(directory, name), 'latin1')}`,
      );
      return (await Promise.all(contents)).join('\n');
    },
    leftovers: async () => await listed((name) => name.startsWith('.')),
  };
  return world;
}

/** They keep nobody alive. */
const pool = new DecodePool({ ...thisMachine, cores: 2, largeBytes: 0 });

async function saveOnce(world: World, settings: Settings): Promise<Saved> {
  const { directory, clock, client, events, interruption } = world;
  const { keepCompressed, name, ifExists, concurrency } = settings;
  const journal = await Journal.open(directory, 'acme-7', { keepCompressed, name });
  const first = world.issue();
  const links = new Links(first, {
    renew: async () => {
      world.renewals += 1;
      return await world.renew();
    },
    now: () => clock.now(),
    onRenewed: (file, reason) =>
      events.push({ type: 'link.renewed', provider: 'acme', id: '7', file, reason }),
  });
  try {
    return await saveExport(
      first,
      {
        ...{
          provider: 'acme',
          id: '7',
          api: 'https://api.example.com/',
          directory,
          settings,
          client,
          links,
          journal,
          clock,
        },
        names: new Names(new OutputDirectory(directory), ifExists),
        parts: await leftParts(directory),
        called: new Map<string, string>(),
        random: () => 0,
        signal: interruption.signal,
        umask: 0o022,
        ...(world.method === undefined
          ? {}
          : { threads: { pool, isAlone: () => world.method === 'inPlace' } }),
        settle: async () => await syncDirectory(directory),
        report: (event) => events.push(event),
        mask: (text) => text.replaceAll(API_KEY, '***'),
      },
      { limit: pLimit(concurrency), state: 'ready', generator: 'exportpoll/0.0.0' },
    );
  } finally {
    await journal.close();
  }
}

/** What the store says to a link that is dead. */
function expiryOf(clock: FakeClock, deaths: ReadonlyMap<string, number>): ScriptedServer['fault'] {
  return ({ query }) => {
    const diesAt = deaths.get(query.get('sig') ?? '');
    return diesAt !== undefined && clock.now() >= diesAt ? EXPIRED : undefined;
  };
}

/** How long to poll for what takes no time on a machine that has nothing else to do. */
export const PATIENTLY = { timeout: 10_000 };

export const EXPIRED = {
  status: 403,
  body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
};

function defaults(directory: string): Settings {
  return {
    ...{ output: directory, name: '{name}', ifExists: 'own', force: false, keepCompressed: false },
    ...{ concurrency: 4, connections: 1, stallTimeoutMs: 30_000, retries: 8 },
    ...{ json: false, progress: 'none', quiet: false, verbose: false, color: 'never' },
    ...{ errorOnEmpty: false, sandbox: false },
  };
}
