import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { describe } from 'vitest';

import { scenarios } from '../../src/sandbox/sandbox.ts';
import { it, sandboxEnv } from '../helpers/e2e.ts';
import { secretsOf } from '../helpers/leaks.ts';
import type { Cli } from '../helpers/run-cli.ts';

const PROVIDERS = [...new Set(scenarios.map(({ provider }) => provider))];
const LOOKING = ['watch', 'download', 'status'];

describe.concurrent('no output of a run with -v and --json has a secret in it', () => {
  const rows = PROVIDERS.flatMap((provider) => LOOKING.map((command) => [command, provider] as const));
  it.for(rows)('%s, for every scenario of %s', async ([command, provider], { expect, cli, sandbox }) => {
    const targets = scenarios.flatMap((one) => (one.provider === provider ? [`${provider}:${one.id}`] : []));
    const flags = ['--retries', '1', ...(command === 'watch' ? ['--timeout', '1s'] : [])];
    const env = sandboxEnv(sandbox);
    const { exitCode, stdout } = await cli.run([command, '-v', '--json', ...flags, ...targets], { env });
    expect(exitCode).not.toBe(0);
    expect(stdout).toContain('"type":"summary"');
    await expectNoSecret(expect, cli, secretsOf(sandbox));
  });

  it.for(PROVIDERS)('config --check %s', async (provider, { expect, cli, run, sandbox }) => {
    await run(['config', '-v', '--json', '--check', provider]);
    await run(['config', '-v', '--check', provider]);
    await expectNoSecret(expect, cli, secretsOf(sandbox));
  });

  it('providers and verify', async ({ expect, cli, run, sandbox }) => {
    await run(['download', '-v', '--json', 'rebilly:exp_zip']);
    await run(['providers', '-v', '--json']);
    await run(['verify', '-v', '--json']);
    await expectNoSecret(expect, cli, secretsOf(sandbox));
  });
});

/** Has every character that some encoding writes otherwise. */
const SECRET = `S3cr+t/of="the" day\\%&'!`;

type Place = (request: IncomingMessage, response: ServerResponse, secret: string) => void;

/** Ways of a server to say what it was told. */
const ECHOES: Readonly<Record<string, Place>> = {
  'a status word': (_, response, secret) => json(response, { export_files: { status: secret } }),
  'a refusal': (_, response, secret) => json(response, { message: `bad key ${secret}` }, 401),
  'an error of its own': (_, response, secret) => json(response, { message: secret }, 500),
  'a limit': (_, response, secret) => json(response, { message: secret }, 429),
  'what is gone': (_, response, secret) => json(response, { message: secret }, 404),
  'no JSON': (_, response, secret) => response.end(`<html>${secret}</html>`),
  'broken JSON': (_, response, secret) => response.end(`{"export_files": ${secret}`),
  'a redirect': (_, response, secret) =>
    response
      .writeHead(302, { location: `/${encodeURIComponent(secret)}?key=${encodeURIComponent(secret)}` })
      .end(),
  'a redirect to nowhere': (_, response, secret) =>
    response.writeHead(302, { location: `nowhere://${encodeURIComponent(secret)}` }).end(),
  'the path of a link': (request, response, secret) =>
    link(request, response, `/f/${encodeURIComponent(secret)}/data.csv`),
  'the query of a link': (request, response, secret) =>
    link(request, response, `/f/data.csv?key=${encodeURIComponent(secret)}`),
  'a link that leads nowhere': (request, response, secret) => link(request, response, `nowhere://${secret}`),
  'the name of a file': (request, response, secret) =>
    link(request, response, '/f/data.csv', {
      'content-disposition': `attachment; filename="${secret.replace(/["\\]/g, '\\$&')}"`,
    }),
  'the reason of a store': (request, response, secret) =>
    link(request, response, '/f/data.csv', {}, 403, secret),
};

/** The secret as a server may put it, one form after the other. */
const SAID = [
  SECRET,
  encodeURIComponent(SECRET),
  new URLSearchParams({ '': SECRET }).toString().slice(1),
  Buffer.from(SECRET).toString('base64'),
  Buffer.from(`me:${SECRET}:x`).toString('base64url'),
].join(' ');

describe.concurrent('a secret that a server says again', () => {
  it.for(Object.keys(ECHOES))(
    'in %s is masked wherever it ends',
    async (place, { expect, cli, onTestFinished }) => {
      const server = createServer((request, response) => ECHOES[place]?.(request, response, SAID));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      const env = {
        EXPORTPOLL_WEBADMIT_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        EXPORTPOLL_WEBADMIT_API_KEY: SECRET,
        EXPORTPOLL_RETRIES: '0',
      };
      await cli.run(['download', '-v', '--json', 'webadmit:1/2'], { env });
      await cli.run(['download', '-v', 'webadmit:1/3'], { env });
      await cli.run(['config', '--check', 'webadmit', '-v'], { env });
      expect(cli.printed()).toContain('webadmit');
      await expectNoSecret(expect, cli, [SECRET]);
    },
  );
});

function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** A finished export with one link, or what is behind that. */
function link(
  { url = '' }: IncomingMessage,
  response: ServerResponse,
  to: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
  body = 'a,b\n1,2\n',
): void {
  if (url.startsWith('/f/')) response.writeHead(status, headers).end(body);
  else json(response, { export_files: { status: 'Available', download_url: to } });
}

/** Neither printed nor written down, however it is put. */
async function expectNoSecret(
  expect: (value: unknown) => { toEqual: (expected: unknown) => void },
  cli: Cli,
  secrets: readonly string[],
): Promise<void> {
  const names = await readdir(cli.home, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = [
    cli.printed(),
    ...files,
    ...(await Promise.all(files.map(async (path) => await readFile(path, 'latin1')))),
  ];
  const found = secrets.flatMap((secret) =>
    formsOf(secret).flatMap((form) =>
      texts.flatMap((text) => (text.includes(form) ? [around(text, form)] : [])),
    ),
  );
  expect(found).toEqual([]);
}

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return text.slice(Math.max(0, at - 60), at + form.length + 20);
}

/** The secret as it is, as URLs, forms, JSON and base64 write it; the latter at each of its three offsets. */
function formsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  const amid = [0, 1, 2].map((before) => {
    const text = Buffer.from(`${'x'.repeat(before)}${secret}`).toString('base64');
    return text.slice(before === 0 ? 0 : 4, Math.floor(((before + Buffer.byteLength(secret)) * 8) / 6));
  });
  const plain = [secret, JSON.stringify(secret).slice(1, -1), encoded, encoded.toLowerCase()];
  const form = new URLSearchParams({ '': secret }).toString().slice(1);
  return [...plain, form, ...amid, ...amid.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))];
}
