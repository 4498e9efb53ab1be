import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe } from 'vitest';
import { parse, stringify } from 'yaml';

import { builtinText } from '../../src/profiles/builtin.ts';
import { it } from '../helpers/e2e.ts';
import { leaksIn } from '../helpers/leaks.ts';
import type { Cli } from '../helpers/run-cli.ts';

type Source =
  | 'literal in FILE'
  | '${ENV} in FILE'
  | '{ file } in FILE'
  | '{ command } in FILE'
  | 'environment twin'
  | 'user file'
  | '.netrc';
const ORIGINS = [
  'the built-in profile',
  'the user file',
  'the environment twin',
  'the origins of a profile in the user file',
  'baseUrl in FILE',
  'a profile in FILE',
  'the origins of a profile in FILE',
] as const;
type Origin = (typeof ORIGINS)[number];

/**
 * Who gives the secret, who names the origin, and whether the project's file, FILE, was found or is passed with
 * --config. Passed, it may send everything everywhere; found, it may not lead what it does not hold to where it likes.
 */
const FOUND: Readonly<Record<Source, Readonly<Record<Origin, 'sent' | 78>>>> = {
  'literal in FILE': row('sent', 'sent', 'sent', 'sent', 'sent', 'sent', 'sent'),
  '${ENV} in FILE': row('sent', 'sent', 'sent', 'sent', 78, 78, 78),
  '{ file } in FILE': row('sent', 'sent', 'sent', 'sent', 78, 78, 78),
  '{ command } in FILE': row(78, 78, 78, 78, 78, 78, 78),
  'environment twin': row('sent', 'sent', 'sent', 'sent', 78, 78, 78),
  'user file': row('sent', 'sent', 'sent', 'sent', 78, 78, 78),
  '.netrc': row('sent', 'sent', 'sent', 'sent', 78, 78, 78),
};

function row(...expected: readonly ('sent' | 78)[]): Record<Origin, 'sent' | 78> {
  return Object.fromEntries(ORIGINS.map((origin, index) => [origin, expected[index]])) as Record<
    Origin,
    'sent' | 78
  >;
}

const SECRET = 'The+Secret/of-the%20Matrix=';
const FILE = '.exportpollrc';
const BUILTIN_HOST = 'api.webadmit.org';

const cases = (Object.keys(FOUND) as Source[]).flatMap((source) =>
  ORIGINS.flatMap((origin) =>
    [false, true].map((passed) => {
      const expected = passed ? 'sent' : FOUND[source][origin];
      return { source, origin, passed, expected, how: passed ? 'passed' : 'found' };
    }),
  ),
);

describe.concurrent('a secret', () => {
  it.for(cases)(
    'from $source, with an origin from $origin, FILE being $how: $expected',
    async ({ source, origin, passed, expected }, { expect, cli, onTestFinished }) => {
      const isBuiltin = origin === 'the built-in profile';
      const chosen = await startRecorder(isBuiltin);
      const trusted = await startRecorder();
      const elsewhere = await startRecorder();
      onTestFinished(async () => {
        await Promise.all([chosen, trusted, elsewhere].map(async ({ close }) => await close()));
      });
      const world = build(source, origin, { chosen: chosen.origin, trusted: trusted.origin });
      await write(cli, world, isBuiltin ? BUILTIN_HOST : '127.0.0.1');
      const isListed = origin.startsWith('the origins of');
      // What is listed gets its request along a link; everything else may not, wherever a link leads.
      const api = isListed ? trusted : chosen;
      api.link = `${(isListed ? chosen : elsewhere).origin}/file.csv`;

      const flags = passed ? ['--config', FILE] : [];
      const env = { ...world.env, ...(isBuiltin ? routed(chosen.origin) : {}) };
      const result = await cli.run(['download', '-v', '--json', ...flags, 'webadmit:1/2'], { env });

      expect(result).toMatchObject({ exitCode: expected === 'sent' ? 0 : 78 });
      expect(result.stdout + result.stderr).not.toContain(SECRET);
      if (expected === 'sent') {
        expect(chosen.requests.map(({ headers }) => headers['x-api-key'])).toContain(SECRET);
        expect(elsewhere.requests).toHaveLength(isListed ? 0 : 1);
      } else {
        expect([...chosen.requests, ...trusted.requests, ...elsewhere.requests]).toEqual([]);
        expect(result.stderr).toContain(`--config ${join(cli.directory, FILE)}`);
      }
      expect(leaksIn(elsewhere.requests, [SECRET])).toEqual([]);
    },
  );
});

interface World {
  readonly file: Record<string, unknown>;
  readonly user: Record<string, unknown>;
  readonly env: Record<string, string>;
  readonly netrc: boolean;
}

function build(
  source: Source,
  origin: Origin,
  { chosen, trusted }: { chosen: string; trusted: string },
): World {
  const file: Record<string, unknown> = {};
  const user: Record<string, unknown> = {};
  const env: Record<string, string> = {};
  switch (source) {
    case 'literal in FILE':
      file['apiKey'] = SECRET;
      break;
    case '${ENV} in FILE':
      file['apiKey'] = '${KEY_OF_MINE}';
      env['KEY_OF_MINE'] = SECRET;
      break;
    case '{ file } in FILE':
      file['apiKey'] = { file: 'key.txt' };
      break;
    case '{ command } in FILE':
      file['apiKey'] = { command: ['cat', 'key.txt'] };
      break;
    case 'environment twin':
      env['EXPORTPOLL_WEBADMIT_API_KEY'] = SECRET;
      break;
    case 'user file':
      user['apiKey'] = SECRET;
      break;
    case '.netrc':
      break;
  }
  switch (origin) {
    case 'the built-in profile':
      break;
    case 'the user file':
      user['baseUrl'] = chosen;
      break;
    case 'the environment twin':
      env['EXPORTPOLL_WEBADMIT_BASE_URL'] = chosen;
      break;
    case 'the origins of a profile in the user file':
      user['profile'] = profile({ origins: [chosen] });
      env['EXPORTPOLL_WEBADMIT_BASE_URL'] = trusted;
      break;
    case 'baseUrl in FILE':
      file['baseUrl'] = chosen;
      break;
    case 'a profile in FILE':
      file['profile'] = profile({ baseUrl: chosen });
      break;
    case 'the origins of a profile in FILE':
      file['profile'] = profile({ origins: [chosen] });
      // A found profile may borrow no address either, so that one with a key of its own brings both.
      if (source === 'literal in FILE') file['baseUrl'] = trusted;
      else env['EXPORTPOLL_WEBADMIT_BASE_URL'] = trusted;
      break;
  }
  return { file, user, env, netrc: source === '.netrc' };
}

/** The built-in profile with another API root, or with an origin that its links may lead to with the credentials. */
function profile({ baseUrl, origins }: { baseUrl?: string; origins?: readonly string[] }): object {
  const data = parse(builtinText('webadmit')) as {
    variables: { baseUrl: { default: string } };
    files: { auth?: string }[];
    origins?: readonly string[];
  };
  if (baseUrl !== undefined) data.variables.baseUrl.default = baseUrl;
  if (origins !== undefined) {
    data.origins = origins;
    for (const links of data.files) links.auth = 'api';
  }
  return data;
}

async function write(cli: Cli, { file, user, netrc }: World, host: string): Promise<void> {
  const account = (variables: object): string =>
    stringify({
      retries: 0,
      ...(Object.keys(variables).length > 0 && { providers: { webadmit: variables } }),
    });
  await cli.write(FILE, account(file));
  await cli.write('key.txt', `${SECRET}\n`);
  const userFile = join(cli.home, 'xdg-config/exportpoll/config.yaml');
  await mkdir(dirname(userFile), { recursive: true });
  await writeFile(userFile, account(user), { mode: 0o600 });
  const text = `machine other.example password wrong\nmachine ${host} login any password ${SECRET}\n`;
  if (netrc) await writeFile(join(cli.home, '.netrc'), text, { mode: 0o600 });
}

/** Leads what is for the built-in host to a server here, and lets nothing out to any other. */
function routed(origin: string): Record<string, string> {
  const preload = fileURLToPath(new URL('../helpers/route-to-loopback.cjs', import.meta.url));
  return {
    NODE_OPTIONS: `--require=${preload}`,
    ROUTED_HOST: BUILTIN_HOST,
    ROUTED_PORT: new URL(origin).port,
  };
}

interface Recorder {
  readonly origin: string;
  readonly requests: {
    origin: 'store';
    method: string;
    url: string;
    headers: IncomingHttpHeaders;
    status: number;
  }[];
  /** What its API hands out. */
  link: string;
  readonly close: () => Promise<void>;
}

/** An API with one finished export, and a store with one file, that write down all they are asked. */
async function startRecorder(tls = false): Promise<Recorder> {
  const requests: Recorder['requests'] = [];
  const listener: RequestListener = ({ method = '', url = '', headers }, response) => {
    requests.push({ origin: 'store', method, url, headers, status: 200 });
    const answer = { export_files: { status: 'Available', download_url: recorder.link } };
    response.end(url.endsWith('.csv') ? 'a,b\n1,2\n' : JSON.stringify(answer));
  };
  const pem = tls ? readFileSync(new URL('../fixtures/self-signed.pem', import.meta.url)) : undefined;
  const server =
    pem === undefined ? createServer(listener) : createTlsServer({ key: pem, cert: pem }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder: Recorder = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    link: '',
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return recorder;
}
