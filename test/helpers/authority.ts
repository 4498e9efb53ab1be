import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

export interface Authority {
  /** Its own certificate as a PEM file, for NODE_EXTRA_CA_CERTS. */
  readonly path: string;
  /** Of a server with the names, signed by it. */
  readonly server: { readonly key: Buffer; readonly cert: Buffer };
}

/** A certificate authority for one test, and a server's certificate for `names` and loopback. */
export async function createAuthority(...names: string[]): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'exportpoll-ca-'));
  onTestFinished(async () => await rm(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { stdio: 'ignore', cwd: folder });
  };
  const request = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(...request, '-x509', '-days', '1', '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
  openssl(...request, '-subj', '/CN=server', '-keyout', 'key.pem', '-out', 'server.csr');
  const all = [
    ...names.map((name) => `DNS:${name}`),
    'DNS:localhost',
    'IP:127.0.0.1',
    'IP:0.0.0.0',
    'IP:::1',
  ];
  await writeFile(at('extensions'), `subjectAltName=${all.join(',')}\n`);
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1'];
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-extfile', 'extensions', '-out', 'cert.pem');
  return {
    path: at('ca.pem'),
    server: { key: await readFile(at('key.pem')), cert: await readFile(at('cert.pem')) },
  };
}
