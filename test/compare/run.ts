/**
 * The same accidents for exportpoll, curl, wget and aria2, as a table: what is on disk under the final name after the
 * tool's own retries and one more run. `npm run compare`
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createCli } from '../helpers/run-cli.ts';
import { startScriptedServer } from '../helpers/scripted-server.ts';
import { scenarios, type Scenario } from './scenarios.ts';

const KEY = 'key-for-the-api-alone';

/** A command line that downloads `url` into the current directory, as its manual suggests for unreliable servers. */
type CommandLine = (url: string, name: string) => [string, ...string[]];

const shell = (line: string, url: string, name: string): [string, ...string[]] => [
  'bash',
  '-c',
  `set -o pipefail; ${line}`,
  'bash',
  url,
  name,
];
const peers: Readonly<Record<string, CommandLine>> = {
  curl: (url, name) =>
    url.includes('.gz')
      ? shell('curl -sfL --retry 3 --retry-delay 0 -H "X-Api-Key: $KEY" "$1" | gunzip > "$2"', url, name)
      : shell(
          'curl -sL -C - --retry 3 --retry-all-errors --retry-delay 0 -H "X-Api-Key: $KEY" -o "$2" "$1"',
          url,
          name,
        ),
  wget: (url, name) =>
    url.includes('.gz')
      ? shell('wget -q --header "X-Api-Key: $KEY" -O - "$1" | gunzip > "$2"', url, name)
      : shell('wget -q -c --tries 4 --waitretry 0 --header "X-Api-Key: $KEY" -O "$2" "$1"', url, name),
  aria2c: (url, name) =>
    url.includes('.gz')
      ? shell('aria2c -q --header "X-Api-Key: $KEY" -o "$2.gz" "$1" && gunzip -f "$2.gz"', url, name)
      : shell('aria2c -q -c --max-tries 4 --retry-wait 0 --header "X-Api-Key: $KEY" -o "$2" "$1"', url, name),
};

const installed = new Map<string, boolean>();
for (const tool of Object.keys(peers)) installed.set(tool, await succeeds(tool, ['--version']));

console.log(`| what happens | exportpoll | ${Object.keys(peers).join(' | ')} |`);
console.log(
  `| --- | --- | ${Object.keys(peers)
    .map(() => '---')
    .join(' | ')} |`,
);
let failed = 0;
for (const scenario of scenarios) {
  const ours = await tryOurs(scenario);
  if (ours !== 'right') failed += 1;
  const theirs: string[] = [];
  for (const [tool, commandLine] of Object.entries(peers)) {
    theirs.push(installed.get(tool) === true ? await tryPeer(scenario, commandLine) : 'not installed');
  }
  console.log(`| ${scenario.title} | ${ours} | ${theirs.join(' | ')} |`);
}
process.exitCode = failed === 0 ? 0 : 1;

/** Runs `attempt` against freshly prepared servers, twice if need be, and judges what is on disk. */
async function judge(
  { prepare, expected, path }: Scenario,
  attempt: (url: string) => Promise<boolean>,
  read: () => Promise<Buffer | undefined>,
): Promise<string> {
  const [store, elsewhere] = [await startScriptedServer(), await startScriptedServer()];
  try {
    prepare(store, elsewhere);
    const url = `${store.origin}${path}`;
    let done = await attempt(url);
    const half = done ? undefined : await read();
    if (!done) done = await attempt(url);
    const found = await read();
    const verdicts: string[] = [];
    if (found?.equals(expected) === true) verdicts.push(done ? 'right' : 'right, but fails');
    else if (found === undefined) verdicts.push('nothing, fails');
    else verdicts.push(done ? '**wrong bytes, exit 0**' : 'wrong bytes under the final name, fails');
    if (half !== undefined && !half.equals(expected))
      verdicts.push('half a file under the final name meanwhile');
    if (elsewhere.requests.some(({ headers }) => JSON.stringify(headers).includes(KEY)))
      verdicts.push('**key sent elsewhere**');
    return verdicts.join('; ');
  } finally {
    await store.close();
    await elsewhere.close();
  }
}

async function tryPeer(scenario: Scenario, commandLine: CommandLine): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-compare-'));
  try {
    const attempt = async (url: string): Promise<boolean> => {
      const [program, ...args] = commandLine(`${url}?link=1`, scenario.name);
      return await succeeds(program, args, directory);
    };
    return await judge(scenario, attempt, async () => await contentOf(join(directory, scenario.name)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function tryOurs(scenario: Scenario): Promise<string> {
  const cli = await createCli();
  let links = 0;
  let link = '';
  const api = createServer((_request, response) => {
    links += 1;
    response.end(
      JSON.stringify({
        export_files: {
          status: 'Available',
          download_url: `${link}?link=${links}&Expires=${Math.floor(Date.now() / 1000) - 1}`,
        },
      }),
    );
  });
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  const env = {
    EXPORTPOLL_WEBADMIT_API_KEY: KEY,
    EXPORTPOLL_WEBADMIT_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
  };
  try {
    const attempt = async (url: string): Promise<boolean> => {
      link = url;
      return (await cli.run(['watch', '-q', 'webadmit:1/2'], { env })).exitCode === 0;
    };
    return await judge(scenario, attempt, async () => await contentOf(join(cli.directory, scenario.name)));
  } finally {
    api.closeAllConnections();
    api.close();
    await cli.close();
  }
}

async function contentOf(path: string): Promise<Buffer | undefined> {
  return await readFile(path).catch(() => undefined);
}

async function succeeds(program: string, args: readonly string[], cwd = tmpdir()): Promise<boolean> {
  return await new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, KEY };
    execFile(program, [...args], { cwd, env, timeout: 20_000 }, (error) => resolve(error === null));
  });
}
