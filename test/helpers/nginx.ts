import { createHash } from 'node:crypto';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SECRET = 'of-the-secure-link';

/** False on a machine without nginx, unless its tests are required: then its absence is an error. */
export const hasNginx = ((): boolean => {
  const found = spawnSync('nginx', ['-v']).error === undefined;
  if (!found && process.env['REQUIRE_NGINX'] !== undefined)
    throw new Error('nginx is required and not installed');
  if (!found) console.warn('nginx is not installed: the tests against it are skipped');
  return found;
})();

export interface Nginx {
  /** Without a slash at the end; http and https serve the same files. */
  readonly http: string;
  readonly https: string;
  /** The authority that the https server's certificate is trusted by, as a PEM file. */
  readonly certificate: string;
  /** A link to a file that dies at `expires`, in unix seconds (ngx_http_secure_link_module). */
  readonly link: (origin: string, name: string, expires: number) => string;
  /** Ends it at once, connections cut, and starts it again. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** nginx with its own folder, free ports and a certificate made for the run. Serves `files`, at `rate` bytes a second. */
export async function startNginx(files: Readonly<Record<string, Buffer>>, rate: number): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-nginx-'));
  await mkdir(join(folder, 'files'));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, 'files', name), bytes);
  const certificate = makeCertificate(folder);
  const [port, tlsPort] = [await freePort(), await freePort()];
  await writeFile(join(folder, 'nginx.conf'), configuration(folder, port, tlsPort, rate));
  let process = await start(folder, port);
  const stop = async (): Promise<void> => {
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
  };
  return {
    http: `http://127.0.0.1:${port}`,
    https: `https://localhost:${tlsPort}`,
    certificate,
    link: (origin, name, expires) => {
      const signature = createHash('md5').update(`${expires}/${name} ${SECRET}`).digest('base64url');
      return `${origin}/${name}?signature=${signature}&Expires=${expires}`;
    },
    restart: async () => {
      await stop();
      process = await start(folder, port);
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(folder: string, port: number, tlsPort: number, rate: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off; ${temporary}
  server {
    listen 127.0.0.1:${port}; listen 127.0.0.1:${tlsPort} ssl;
    ssl_certificate ${folder}/certificate.pem; ssl_certificate_key ${folder}/key.pem;
    location / {
      root ${folder}/files; limit_rate ${rate};
      secure_link $arg_signature,$arg_Expires;
      secure_link_md5 "$secure_link_expires$uri ${SECRET}";
      if ($secure_link = "") { return 403; }
      if ($secure_link = "0") { return 410; }
    }
  }
}
`;
}

function makeCertificate(folder: string): string {
  const path = join(folder, 'certificate.pem');
  const words =
    'req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost';
  execFileSync('openssl', [...words.split(' '), '-keyout', join(folder, 'key.pem'), '-out', path], {
    stdio: 'ignore',
  });
  return path;
}

async function start(folder: string, port: number): Promise<ChildProcess> {
  const process = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await answers(port)) return process;
    await sleep(50);
  }
  throw new Error('nginx does not start');
}

async function answers(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
