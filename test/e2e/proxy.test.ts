import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { createAuthority, type Authority } from '../helpers/authority.ts';
import { startProxy, type ProxyFault, type ProxyOptions, type TestProxy } from '../helpers/proxy.ts';
import { createCli, type Cli, type CliResult } from '../helpers/run-cli.ts';

const KEY = 'the-api-key-31415';
const FILE = 'a,b\n1,2\n';
const API = 'api.example:443';

interface Got {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is behind the proxy: WebAdMIT's API on https, and on http the store that its links lead to. */
interface Behind {
  readonly authority: Authority;
  /** By the names under which the proxy knows them. */
  readonly hosts: Readonly<Record<string, number>>;
  readonly api: Got[];
  readonly store: Got[];
  /** What the API says instead of how the export is. */
  says?: string;
  /** Connections to the API. */
  readonly connections: () => number;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** `looks` is how often the export is running before it is ready. */
async function startBehind(looks = 0, link = 'http://store.example/f.csv?signature=s'): Promise<Behind> {
  const authority = await createAuthority('api.example');
  const [api, store]: [Got[], Got[]] = [[], []];
  const note = (list: Got[], { url = '', headers }: IncomingMessage): void =>
    void list.push({ url, headers });
  const apiServer = createTlsServer(authority.server, (request, response) => {
    note(api, request);
    const ready = { status: 'Available', download_url: link };
    const status = api.length > looks ? ready : { status: 'In Progress' };
    response.end(behind.says ?? JSON.stringify({ export_files: status }));
  });
  const storeServer = createServer((request: IncomingMessage, response: ServerResponse) => {
    note(store, request);
    response.end(FILE);
  });
  let connections = 0;
  apiServer.on('secureConnection', () => (connections += 1));
  const hosts = { [API]: await listen(apiServer), 'store.example:80': await listen(storeServer) };
  onTestFinished(() => {
    for (const server of [apiServer, storeServer]) {
      server.close();
      server.closeAllConnections();
    }
  });
  const behind: Behind = { authority, hosts, api, store, connections: () => connections };
  return behind;
}

interface Run extends CliResult {
  readonly cli: Cli;
}

async function watch(behind: Behind, env: Record<string, string>, ...flags: string[]): Promise<Run> {
  const cli = await createCli();
  onTestFinished(cli.close);
  const args = ['watch', ...flags, 'webadmit:1/2'];
  return { ...(await cli.run(args, { env: environment(behind, env) })), cli };
}

function environment({ authority }: Behind, env: Record<string, string>): Record<string, string> {
  return {
    EXPORTPOLL_WEBADMIT_API_KEY: KEY,
    EXPORTPOLL_WEBADMIT_BASE_URL: 'https://api.example',
    EXPORTPOLL_INTERVAL: '100ms',
    EXPORTPOLL_RETRIES: '1',
    NODE_EXTRA_CA_CERTS: authority.path,
    ...env,
  };
}

async function expectSaved({ cli, exitCode, stderr }: Run): Promise<void> {
  expect(exitCode, stderr).toBe(0);
  expect(await readFile(join(cli.directory, 'f.csv'), 'utf8')).toBe(FILE);
}

function both(proxy: TestProxy, user = '', scheme = 'http'): Record<string, string> {
  const url = `${scheme}://${user}${proxy.host}`;
  return { HTTPS_PROXY: url, HTTP_PROXY: url };
}

describe('through a proxy', () => {
  it('an export arrives: https in a tunnel, http handed over', async () => {
    const behind = await startBehind(3);
    const proxy = await startProxy({ hosts: behind.hosts });
    await expectSaved(await watch(behind, both(proxy)));
    expect(proxy.seen.map(({ method, target }) => `${method} ${target}`)).toEqual([
      `CONNECT ${API}`,
      'GET http://store.example/f.csv?signature=s',
    ]);
    expect(proxy.seen.map(({ headers }) => headers.host)).toEqual([API, 'store.example']);
    // All the looks came through one tunnel, and over one connection.
    expect(behind.api).toHaveLength(4);
    expect(behind.connections()).toBe(1);
    expect(behind.api[0]?.headers['x-api-key']).toBe(KEY);
    expect(JSON.stringify(proxy.seen)).not.toContain(KEY);
    expect(JSON.stringify(behind.store)).not.toContain(KEY);
  });

  it('the same goes over a proxy that is spoken to in TLS', async () => {
    const behind = await startBehind();
    const proxy = await startProxy({ hosts: behind.hosts, tls: behind.authority.server });
    await expectSaved(await watch(behind, both(proxy, '', 'https')));
    expect(proxy.seen.map(({ method }) => method)).toEqual(['CONNECT', 'GET']);
  });

  it('its credentials go to it and to nobody else, and are never shown', async () => {
    const behind = await startBehind();
    const expected = `Basic ${Buffer.from('user:hunter2@home').toString('base64')}`;
    const fault = (_: number, { headers }: TestProxy['seen'][number]): ProxyFault | undefined =>
      headers['proxy-authorization'] === expected ? undefined : { status: 407 };
    const proxy = await startProxy({ hosts: behind.hosts, fault });
    const run = await watch(behind, both(proxy, 'user:hunter2%40home@'), '-v');
    await expectSaved(run);
    const inside = JSON.stringify([behind.api, behind.store]);
    expect(inside).not.toMatch(/proxy-|hunter2/i);
    expect(inside).not.toContain(expected.slice(6));
    expect(run.stdout + run.stderr).not.toMatch(/hunter2/);
    // Not even when somebody else repeats them.
    behind.says = `no JSON, but hunter2@home, ${expected}`;
    const told = await watch(behind, both(proxy, 'user:hunter2%40home@'), '-v', '--force');
    expect(told.exitCode).toBe(76);
    expect(told.stderr).toMatch(/no JSON, but \*\*\*, Basic /);
    expect(told.stderr).not.toContain('hunter2');
    expect(told.stderr).not.toContain(expected.slice(6));
  });

  it('loopback is not reached', async () => {
    const store = createServer((_, response) => response.end(FILE));
    const port = await listen(store);
    onTestFinished(() => void store.close());
    const behind = await startBehind(0, `http://127.0.0.1:${port}/f.csv`);
    const proxy = await startProxy({ hosts: behind.hosts });
    await expectSaved(await watch(behind, both(proxy)));
    expect(proxy.seen.map(({ target }) => target)).toEqual([API]);
  });

  it('hosts that NO_PROXY names are not reached', async () => {
    const behind = await startBehind();
    const proxy = await startProxy({ hosts: behind.hosts });
    // Leads to this machine, and is not a loopback address.
    const host = `0.0.0.0:${behind.hosts[API]}`;
    const env = { ...both(proxy), EXPORTPOLL_WEBADMIT_BASE_URL: `https://${host}` };
    await expectSaved(await watch(behind, { ...env, NO_PROXY: 'x.example, 0.0.0.0' }));
    expect(proxy.seen.map(({ target }) => target)).toEqual(['http://store.example/f.csv?signature=s']);
    expect((await watch(behind, { ...env, NO_PROXY: 'x.example' })).exitCode).toBe(75);
    expect(proxy.seen.slice(1).map(({ target }) => target)).toEqual([host, host]);
  });

  it('a host whose authority is unknown is refused', async () => {
    const behind = await startBehind();
    const proxy = await startProxy({ hosts: behind.hosts });
    const run = await watch(behind, { ...both(proxy), NODE_EXTRA_CA_CERTS: '' });
    expect(run.exitCode).toBe(75);
    expect(run.stderr).toContain(`the connection to ${API} through the proxy http://${proxy.host}: `);
    expect(run.stderr).toContain('NODE_EXTRA_CA_CERTS');
    expect(behind.api).toEqual([]);
  });
});

describe('a proxy that', () => {
  /** The words of a run whose proxy does `fault`, and its exit code; `PROXY` stands for `http://host:port`. */
  const told = async (
    fault: NonNullable<ProxyOptions['fault']>,
    user = '',
  ): Promise<{ code: number | undefined; stderr: string; requests: number; files: string[] }> => {
    const behind = await startBehind();
    const proxy = await startProxy({ hosts: behind.hosts, fault });
    const run = await watch(behind, both(proxy, user));
    return {
      code: run.exitCode,
      stderr: run.stderr.replaceAll(`http://${proxy.host}`, 'PROXY'),
      requests: proxy.seen.length,
      files: await run.cli.files(),
    };
  };
  const always = (fault: ProxyFault) => (): ProxyFault => fault;
  const challenge = (value: string): ProxyFault => ({
    status: 407,
    headers: { 'proxy-authenticate': value },
  });

  it.each<[string, ProxyFault, string, number, string]>([
    ['wants credentials', challenge('Basic realm="x"'), '', 77, 'PROXY wants a user and a password (407)'],
    [
      'refuses credentials',
      challenge('Basic realm="x"'),
      'user:hunter2@',
      77,
      'PROXY does not accept the user and password in HTTPS_PROXY (407)',
    ],
    [
      'wants other credentials',
      challenge('Negotiate, NTLM'),
      'user:hunter2@',
      77,
      'PROXY wants credentials of another kind (407): Negotiate, NTLM',
    ],
    ['forbids the host', { status: 403 }, '', 77, `PROXY did not connect to ${API}: it answered 403`],
    ['is none', { status: 404 }, '', 78, `PROXY did not connect to ${API}: it answered 404`],
  ])('%s ends the run', async (_, fault, user, code, words) => {
    const result = await told(always(fault), user);
    expect(result).toMatchObject({ code, requests: 1, files: [] });
    expect(result.stderr).toContain(`the proxy ${words}`);
    expect(result.stderr).not.toContain('hunter2');
  });

  it.each<[string, ProxyFault, string]>([
    ['cannot reach the host', { status: 502 }, `PROXY did not connect to ${API}: it answered 502`],
    ['is busy', { status: 503 }, `PROXY did not connect to ${API}: it answered 503`],
    ['cuts', 'cut', 'PROXY: the connection was reset (ECONNRESET)'],
  ])('%s is asked again, and then named', async (_, fault, words) => {
    const result = await told(always(fault));
    expect(result).toMatchObject({ code: 75, requests: 2, files: [] });
    expect(result.stderr).toContain(`the proxy ${words}`);
  });

  it('fails once is no reason to fail', async () => {
    const { code, stderr } = await told((count) => (count === 0 ? { status: 503 } : undefined));
    expect(code, stderr).toBe(0);
  });

  it('wants credentials for what it is handed, too, says so', async () => {
    const { code, stderr } = await told((_, { method }) =>
      method === 'GET' ? challenge('Basic realm="x"') : undefined,
    );
    expect(code).toBe(77);
    expect(stderr).toContain('the proxy PROXY wants a user and a password (407)');
    expect(stderr).toContain('HTTP_PROXY');
  });

  it('cuts what it is handed is named', async () => {
    const { code, stderr } = await told((_, { method }) => (method === 'GET' ? 'cut' : undefined));
    expect(code).toBe(75);
    expect(stderr).toContain('GET http://store.example/f.csv, through the proxy PROXY: the connection was');
  });

  it('does not answer keeps nobody who interrupts', async () => {
    const behind = await startBehind();
    let ask = (): void => undefined;
    const asked = new Promise<void>((resolve) => (ask = resolve));
    const proxy = await startProxy({ hosts: behind.hosts, fault: () => (ask(), 'hang') });
    const cli = await createCli();
    onTestFinished(cli.close);
    const running = cli.start(['watch', 'webadmit:1/2'], { env: environment(behind, both(proxy)) });
    await asked;
    running.kill('SIGINT');
    expect((await running.result).exitCode).toBe(130);
  });

  it('is not there is named', async () => {
    const behind = await startBehind();
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const run = await watch(behind, { HTTPS_PROXY: `http://127.0.0.1:${port}` });
    expect(run.exitCode).toBe(75);
    expect(run.stderr).toContain(`the proxy http://127.0.0.1:${port}: the connection was refused`);
  });

  it('is spoken to in TLS and does not understand is a matter of configuration', async () => {
    const behind = await startBehind();
    const proxy = await startProxy({ hosts: behind.hosts });
    const run = await watch(behind, both(proxy, '', 'https'));
    expect(run.exitCode).toBe(78);
    expect(run.stderr).toContain(`the proxy https://${proxy.host} does not speak as it should`);
    expect(run.stderr).toContain('check HTTPS_PROXY');
  });

  it.each([
    ['http://user:hunter2/x@a:1', 'https_proxy is not the URL of a proxy'],
    ['socks5://user:hunter2@a:1080', 'https_proxy names a SOCKS proxy'],
  ])('is named by %s is a matter of configuration, in words without it', async (value, words) => {
    const behind = await startBehind();
    const run = await watch(behind, { https_proxy: value });
    expect(run.exitCode).toBe(78);
    expect(run.stderr).toContain(words);
    expect(run.stderr + run.stdout).not.toContain('hunter2');
  });
});
