import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { stringify } from 'yaml';

import { startScriptedServer, type Fault, type RemoteFile } from '../helpers/scripted-server.ts';
import type { Random } from './random.ts';

/** A file of the export: what may come to lie on disk is the content of one of its versions, whole. */
export interface ChaosFile {
  /** On disk. */
  readonly name: string;
  readonly versions: Buffer[];
}

/** A service that misbehaves at random until its patience is used up, and then behaves. */
export interface ChaosService {
  /** A configuration file (YAML) for it; the export is `chaos:all`. */
  readonly config: string;
  readonly files: readonly ChaosFile[];
  /** Faults so far. */
  readonly faults: () => number;
  /** Bytes of files that were sent, and that one undisturbed download takes. */
  readonly sent: () => number;
  readonly size: () => number;
  /** True when a credential came to the store. */
  readonly leaked: () => boolean;
  readonly close: () => Promise<void>;
}

const TOKEN = 'chaos-token-that-stays-home';
const MOST_FAULTS = 10;

export async function startChaosService(random: Random): Promise<ChaosService> {
  const store = await startScriptedServer();
  const files: ChaosFile[] = [];
  let faults = 0;
  const spoiled = (): boolean => faults < MOST_FAULTS && random.chance(0.6) && (faults += 1) > 0;

  for (let n = 0; n < random.integer(1, 3); n += 1) {
    const content = random.text(random.pick([0, 1, 900, 40_000, 700_000]));
    const gzip = random.chance(0.6);
    const name = `part-${n}.csv`;
    files.push({ name, versions: [content] });
    store.files.set(`/${name}${gzip ? '.gz' : ''}`, remote(content, gzip, random));
  }
  store.fault = ({ path, query }) => {
    if (Number(query.get('expires')) * 1000 < Date.now())
      return { status: 403, body: '<Code>AccessDenied</Code>' };
    const file = store.files.get(path);
    if (file === undefined || !spoiled()) return undefined;
    return faultOf(file, path, files, random);
  };
  const api = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
    if (spoiled() && random.chance(0.5)) {
      return random.chance(0.5)
        ? response.destroy()
        : response.writeHead(503, { 'retry-after': '0' }).end('<html>');
    }
    const lifetime = random.pick([1, 2, 60]);
    const expires = Math.ceil(Date.now() / 1000) + lifetime;
    const links = [...store.files.keys()].map((path) => ({
      url: `${store.origin}${path}?expires=${expires}&signature=${random.integer(0, 1e9)}`,
      expires,
    }));
    return response.end(JSON.stringify({ state: 'done', links }));
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');

  return {
    config: stringify({ providers: { chaos: account((api.address() as AddressInfo).port) } }),
    files,
    faults: () => faults,
    sent: () => store.sent,
    size: () => [...store.files.values()].reduce((sum, { bytes }) => sum + bytes.length, 0),
    leaked: () => store.requests.some(({ headers }) => JSON.stringify(headers).includes(TOKEN)),
    close: async () => {
      api.close();
      api.closeAllConnections();
      await store.close();
    },
  };
}

function remote(content: Buffer, gzip: boolean, random: Random): RemoteFile {
  const half = Math.floor(content.length / 2);
  const members = random.chance(0.3) ? [content.subarray(0, half), content.subarray(half)] : [content];
  const bytes = gzip ? Buffer.concat(members.map((member) => gzipSync(member))) : content;
  const etag = `"${createHash('sha1').update(bytes).digest('hex')}"`;
  const lastModified = new Date(Date.now() - 86_400_000 - random.integer(0, 1e6) * 1000).toUTCString();
  const proof = random.pick([{ etag }, { etag, lastModified }, { lastModified }, { etag: `W/${etag}` }, {}]);
  return { bytes, ...proof, ranges: random.chance(0.85), chunked: gzip && random.chance(0.2) };
}

function faultOf(file: RemoteFile, path: string, files: readonly ChaosFile[], random: Random): Fault {
  const somewhere = random.integer(0, file.bytes.length);
  return random.pick<() => Fault>([
    () => ({ cutAfter: somewhere }),
    () => ({ cutAfter: somewhere }),
    () => ({ cutAfter: somewhere }),
    () => ({ cutAfter: 0 }),
    () => ({ stallAfter: somewhere }),
    () => ({ status: 503, headers: { 'retry-after': '0' } }),
    () => ({ status: 429, headers: { 'retry-after': '1' } }),
    () => ({ status: 403, body: '<Code>AccessDenied</Code>' }),
    () => ({ ignoreRange: true, cutAfter: somewhere }),
    () => ({ ignoreIfRange: true }),
    () => ({ contentRange: `bytes 0-1/${file.bytes.length + 1}` }),
    () => {
      const content = random.text(random.integer(1, 100_000));
      files.find(({ name }) => path.startsWith(`/${name}`))?.versions.push(content);
      return { replaceWith: remote(content, path.endsWith('.gz'), random), cutAfter: somewhere };
    },
  ])();
}

function account(port: number): object {
  const profile = {
    profile: 1,
    name: 'chaos',
    title: 'Chaos',
    variables: { baseUrl: { description: 'API root' }, token: { description: 'token', secret: true } },
    id: { pattern: 'all', description: 'the only export', example: 'all' },
    auth: [{ scheme: 'bearer', token: 'token' }],
    status: { request: { url: '{+baseUrl}/exports/{id}' }, state: 'body.state', states: { done: 'ready' } },
    files: [{ each: 'body.links', url: 'item.url', expires: 'item.expires' }],
  };
  return { profile, baseUrl: `http://127.0.0.1:${port}`, token: TOKEN };
}
