import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { stringify } from 'yaml';

import { serve, type Handler } from './answers.ts';
import type { Cli } from './run-cli.ts';

/** A run that waits for something that does not come for minutes, and how to know that it does. */
export interface Waiting {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** True when the run has come to the wait. */
  readonly isThere: () => boolean;
}

type Prepare = (cli: Cli) => Promise<Waiting>;

const TARGET = 'webadmit:1/2';
const KEY = 'k-3141592653';
/** In seconds; longer than any test waits. */
const LONG = '600';

const working: Handler = () => ({ body: { export_files: { status: 'In Progress' } } });
const ready = (link: string): Handler => {
  const body = { export_files: { status: 'Available', download_url: link } };
  return () => ({ body });
};
const silent: Handler = () => undefined;
const dripping: Handler = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
  return undefined;
};
const busy =
  (status: number): Handler =>
  () => ({ status, headers: { 'retry-after': LONG } });
/** Sends the first bytes of a file, and no more. */
const stalling: Handler = (_seen, response) => {
  response.writeHead(200, { 'content-length': '99000000' }).write(Buffer.alloc(1_000_000, 'x'));
  return undefined;
};

/** An export of a service that answers like this. */
const asking =
  (handler: Handler, args: readonly string[] = [TARGET]): Prepare =>
  async () => {
    const { origin, seen } = await serve(handler);
    const env = { EXPORTPOLL_WEBADMIT_BASE_URL: origin, EXPORTPOLL_WEBADMIT_API_KEY: KEY };
    return { args: [...args, '--interval', '10m'], env, isThere: () => seen.length > 0 };
  };

/** An export that is ready, and a store that answers like this. */
const downloading =
  (handler: Handler, args: readonly string[] = []): Prepare =>
  async (cli) => {
    const { origin, seen } = await serve(handler);
    const waiting = await asking(ready(`${origin}/f.csv`))(cli);
    return { ...waiting, args: [TARGET, '--stall-timeout', '10m', ...args], isThere: () => seen.length > 0 };
  };

const manyTargets = Array.from({ length: 200 }, (_, index) => `webadmit:1/${index}`);

/** Ends by itself before long, as nobody else ends what has lost its parent. */
const SLEEP = 'sleep 30';
const scripts = {
  'a program': `touch there; exec ${SLEEP}`,
  'a program that ignores SIGTERM': `trap "" TERM INT; touch there; ${SLEEP}; ${SLEEP}`,
  'a program whose own program lives on': `touch there; ${SLEEP}; true`,
};

/** A secret that this script is to print. */
const secretFrom =
  (script: string): Prepare =>
  async (cli) => {
    const { args, env } = await asking(working)(cli);
    const account = {
      baseUrl: env['EXPORTPOLL_WEBADMIT_BASE_URL'],
      apiKey: { command: ['sh', '-c', script] },
    };
    const path = await cli.write('mine.yaml', stringify({ providers: { webadmit: account } }));
    return {
      args: ['--config', path, ...args],
      env: {},
      isThere: () => existsSync(join(cli.directory, 'there')),
    };
  };

const token: Prepare = async () => {
  const { origin, seen } = await serve(silent);
  const env = {
    EXPORTPOLL_PERSONIUM_BASE_URL: origin,
    EXPORTPOLL_PERSONIUM_USERNAME: 'me',
    EXPORTPOLL_PERSONIUM_PASSWORD: 'password-of-me',
  };
  return { args: ['personium:Export'], env, isThere: () => seen.length > 0 };
};

/** A command of `--exec`, which runs when the file is there. */
const executing =
  (script: string): Prepare =>
  async (cli) => {
    const waiting = await downloading(() => ({ body: 'a,b\n' }))(cli);
    return {
      ...waiting,
      // Its output would keep that of the run open, whose end is waited for.
      args: [TARGET, '--exec', `sh -c 'exec >/dev/null 2>&1; ${script}'`],
      isThere: () => existsSync(join(cli.directory, 'there')),
    };
  };

const programs = Object.entries(scripts);

/** Waits for readiness: `--timeout` ends them, and so do signals. */
export const waitsForReadiness: readonly (readonly [what: string, prepare: Prepare])[] = [
  ['between two polls', asking(working)],
  ['for an answer', asking(silent)],
  ['for the end of an answer', asking(dripping)],
  ['before a retry', asking(busy(503))],
  ['for the quota', asking(busy(429))],
  ['for a token', token],
  ...programs.map(([what, script]) => [`for a secret of ${what}`, secretFrom(script)] as const),
  ['with 200 exports', asking(working, manyTargets)],
  ['with 200 exports for an answer', asking(silent, manyTargets)],
];

/** Waits for what comes after: they end by signals alone. */
export const waitsForFiles: readonly (readonly [what: string, prepare: Prepare])[] = [
  ['for the answer of a store', downloading(silent)],
  ['for the rest of a file', downloading(stalling)],
  ['before a download is tried again', downloading(busy(503))],
  ['for the rest of a file for stdout', downloading(stalling, ['-o', '-'])],
  ...programs.map(([what, script]) => [`for --exec with ${what}`, executing(script)] as const),
];
