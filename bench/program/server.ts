import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { EIGHT, MANY, type Data } from './data.ts';

/** A way to the files, and an API (that of MyTracker's raw exports) whose exports are ready at once, with links there. */
export interface Store {
  readonly origin: string;
  readonly api: string;
}

export interface Server {
  readonly http: Store;
  readonly https: Store;
  /** The authority that its certificate is trusted by, as a PEM file. */
  readonly certificate: string;
  /** Gives 10 MB/s to each connection. */
  readonly throttled: Store;
  /** Answers 15 ms later. */
  readonly distant: Store;
  readonly close: () => Promise<void>;
}

const CERTIFICATE =
  'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
const DELAY = fileURLToPath(new URL('delay.mjs', import.meta.url));

/** nginx as a process of its own, with a proxy in front of it that delays. */
export async function startServer(data: Data): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-bench-nginx-'));
  await mkdir(join(folder, 'root'));
  await link(data, join(folder, 'root'));
  execFileSync('openssl', [...CERTIFICATE.split(' '), '-keyout', 'key.pem', '-out', 'certificate.pem'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const [http = 0, https = 0, throttled = 0, distant = 0, ...apis] = await freePorts(8);
  const origins = [
    `http://127.0.0.1:${http}`,
    `https://localhost:${https}`,
    `http://127.0.0.1:${throttled}`,
    `http://127.0.0.1:${distant}`,
  ];
  for (const [at, origin] of origins.entries()) await writeAnswers(join(folder, String(apis[at])), origin);
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, { http, https, throttled }, apis));
  const nginx = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
  const delay = spawn(process.execPath, [DELAY, String(distant), String(http)], { stdio: 'ignore' });
  for (const port of [http, distant]) await listening(port);
  const store = (at: number): Store => ({ origin: origins[at] ?? '', api: `http://127.0.0.1:${apis[at]}` });
  return {
    http: store(0),
    https: store(1),
    certificate: join(folder, 'certificate.pem'),
    throttled: store(2),
    distant: store(3),
    async close() {
      for (const child of [nginx, delay]) {
        child.kill();
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ids of exports, and their files. */
export const EXPORTS = { one: 1, plain: 2, eight: 8, many: 500 } as const;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);
const FILES: Readonly<Record<keyof typeof EXPORTS, readonly string[]>> = {
  one: ['large.csv.gz'],
  plain: ['plain.csv'],
  eight: numbers(EIGHT).map((n) => `large-${n}.csv.gz`),
  many: numbers(MANY).map((n) => `small-${n}.csv.gz`),
};

async function link({ folder }: Data, root: string): Promise<void> {
  for (const name of Object.values(FILES).flat())
    await symlink(join(folder, name.replace(/^large-\d+/, 'large')), join(root, name));
}

/** An answer for each export, as a file that is named by its id. */
async function writeAnswers(folder: string, origin: string): Promise<void> {
  await mkdir(folder);
  const timestampExpires = String(Math.floor(Date.now() / 1000) + 86_400);
  for (const [name, id] of Object.entries(EXPORTS)) {
    const files = FILES[name as keyof typeof EXPORTS].map((file) => ({
      link: `${origin}/${file}`,
      timestampExpires,
    }));
    const data = { idRawExport: String(id), status: 'Success!', progress: '100%', files };
    await writeFile(join(folder, `${id}.json`), JSON.stringify({ code: 200, message: 'Ok', data }));
  }
}

function configuration(
  folder: string,
  ports: Record<'http' | 'https' | 'throttled', number>,
  apis: readonly number[],
): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  const servers = apis.map(
    (port) =>
      `server { listen 127.0.0.1:${port}; root ${folder}/${port}; default_type application/json;
        location / { try_files /$arg_idRawExport.json =404; } }`,
  );
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; ${temporary}
  root ${folder}/root;
  server {
    listen 127.0.0.1:${ports.http}; listen 127.0.0.1:${ports.https} ssl;
    ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
  }
  server { listen 127.0.0.1:${ports.throttled}; location / { limit_rate 10000000; } }
  ${servers.join('\n  ')}
}
`;
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await sleep(50);
  }
  throw new Error(`nothing listens on port ${port}`);
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => await once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(async (server) => await once(server.close(), 'close')));
  return ports;
}
