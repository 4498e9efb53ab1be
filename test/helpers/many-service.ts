import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { stringify } from 'yaml';

/** What an export is like when it, or its file, is asked for; the file of one that is `refused` is answered with 403. */
export type Fate = 'running' | 'ready' | 'failed' | 'gone' | 'refused';

export type Ask = (id: number, what: 'export' | 'file') => Fate;

/** A provider with any number of exports, each with one small file. */
export interface ManyService {
  /** A configuration file (YAML) with its profile, its account and an entry for each export: `export-0`, `export-1` … */
  readonly config: string;
  readonly close: () => void;
}

const TOKEN = 'token-of-many-exports';

/** Serves `count` exports on loopback; each request asks `ask`. `limit` is the quota that the profile names. */
export async function startManyService(
  count: number,
  ask: Ask,
  limit = { requests: 10_000, per: '1s' },
): Promise<ManyService> {
  const server = createServer((request, response) => {
    const [, kind, text = ''] = (request.url ?? '').split('/');
    const fate = ask(Number(text), kind === 'files' ? 'file' : 'export');
    if (kind === 'files') {
      if (fate === 'refused') response.writeHead(403).end();
      else response.end(`row of ${text}\n`);
    } else if (fate === 'gone') response.writeHead(404).end();
    else {
      const state = fate === 'failed' || fate === 'running' ? fate : 'done';
      response.end(JSON.stringify({ state, url: `/files/${text}/rows-${text}.csv` }));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ids = Array.from({ length: count }, (_, id) => id);
  return {
    config: stringify({
      providers: { many: { profile: { ...PROFILE, quota: { limits: [limit] } }, baseUrl, token: TOKEN } },
      exports: Object.fromEntries(ids.map((id) => [`export-${id}`, { provider: 'many', id: String(id) }])),
    }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const PROFILE = {
  profile: 1,
  name: 'many',
  title: 'Many exports',
  variables: { baseUrl: { description: 'API root' }, token: { description: 'token', secret: true } },
  id: { pattern: '\\d+', description: 'a number', example: '1' },
  auth: [{ scheme: 'bearer', token: 'token' }],
  status: {
    request: { url: '{+baseUrl}/exports/{id}' },
    state: 'body.state',
    states: { running: 'running', done: 'ready', failed: 'failed' },
  },
  files: [{ url: 'body.url' }],
};
