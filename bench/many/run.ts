/**
 * Ten thousand exports in one run: what the built program takes to wait for all of them and to save their files.
 * `npm run bench:many`, or `npm run bench:many -- 2000` for another number of exports.
 */
import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { SEED } from './seed.ts';
import type { Stats } from './service.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));
const SERVICE = fileURLToPath(new URL('service.ts', import.meta.url));
const PRELOAD = fileURLToPath(new URL('measure.mjs', import.meta.url));
const MOST_OUTPUT_BYTES = 100_000_000;
const GIVE_UP = ['--timeout', '60s'];
/** The last export is ready so long after the first request. */
const SPREAD_MS = 60_000;

const PROFILE = `
profile: 1
name: many
title: Exports of the bench
variables:
  baseUrl: { description: API root }
  token: { description: token, secret: true }
id: { pattern: '\\d+', description: a number, example: '1' }
auth: [{ scheme: bearer, token: token }]
status:
  request: { url: '{+baseUrl}/exports/{id}' }
  state: body.state
  states: { running: running, done: ready }
files: [{ url: body.url }]
quota: { limits: [{ requests: 1000, per: 1s }] }
poll: { interval: 5s, maxInterval: 10s }
`;

/** What the preload measures in the program's process. */
interface Cost {
  readonly peakMiB: number;
  readonly cpuMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Measured extends Cost, Stats {
  readonly wallMs: number;
  readonly startMs: number;
  readonly exitCode: number;
  readonly files: number;
  readonly stderr: string;
}

const count = Number(process.argv[2] ?? 10_000);
const few = Math.ceil(count / 10);

interface Run {
  readonly title: string;
  readonly count: number;
  /** The exports are arguments, instead of entries in the configuration. */
  readonly named?: boolean;
  /** None of them is ready before the run gives up. */
  readonly never?: boolean;
}
const runs: readonly Run[] = [
  { title: `${few} in the configuration`, count: few },
  { title: `${count} in the configuration`, count },
  { title: `${count} as arguments`, count, named: true },
  { title: `${count}, none ready for a minute`, count, never: true },
];
console.log(
  `Ready within ${SPREAD_MS / 1000} s (seed ${SEED}), looked at every 5 to 10 s, one small file each.\n`,
);
console.log(
  '| exports | wall | first request | CPU | peak RSS | event loop late, p99 | max | requests | connections | CPU per request | lines on stderr | exit code | files |',
);
console.log(`|${' --- |'.repeat(13)}`);
const peaks = new Map<string, number>();
let wrong = 0;
for (const run of runs) {
  const measured = await measure(run);
  const { looks, downloads, cpuMs, peakMiB, stderr, exitCode, files } = measured;
  peaks.set(run.title, peakMiB);
  const cells = [
    run.title,
    seconds(measured.wallMs),
    seconds(measured.startMs),
    seconds(cpuMs),
    `${peakMiB.toFixed(0)} MiB`,
    `${measured.p99Ms.toFixed(1)} ms`,
    `${measured.maxMs.toFixed(0)} ms`,
    `${looks} + ${downloads}`,
    measured.mostConnections,
    `${(cpuMs / (looks + downloads)).toFixed(2)} ms`,
    stderr.split('\n').length - 1,
    exitCode,
    files,
  ];
  console.log(`| ${cells.join(' | ')} |`);
  const [expectedCode, expectedFiles] = run.never === true ? [8, 0] : [0, run.count];
  if (exitCode !== expectedCode || files !== expectedFiles || stderr.includes('MaxListeners')) {
    wrong += 1;
    console.error(stderr.slice(0, 2000));
  }
}
const [small = 0, large = 0] = peaks.values();
const growth = large - small;
console.log(
  `\ngrowth from ${few} to ${count} exports: ${growth.toFixed(0)} MiB, ${((growth * 1024) / (count - few)).toFixed(1)} KiB an export`,
);
process.exitCode = wrong === 0 ? 0 : 1;

async function measure({ count: exports, named = false, never = false }: Run): Promise<Measured> {
  const spreadMs = never ? Number.MAX_SAFE_INTEGER : SPREAD_MS;
  const service = fork(SERVICE, [String(exports), String(spreadMs)], { execArgv: ['--import', 'tsx'] });
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-many-'));
  try {
    const port = (await answerOf(service)) as number;
    const config = await configure(directory, port, named ? 0 : exports);
    const targets = named ? Array.from({ length: exports }, (_, id) => `many:${id}`) : [];
    const record = join(directory, 'cost.json');
    const startedAt = Date.now();
    const { exitCode, stderr } = await runProgram(
      [
        'watch',
        '--config',
        config,
        '--output',
        join(directory, 'files'),
        ...(never ? GIVE_UP : []),
        ...targets,
      ],
      { HOME: directory, MEASURE_FILE: record },
    );
    const wallMs = Date.now() - startedAt;
    service.send('stats');
    const stats = (await answerOf(service)) as Stats;
    const cost = JSON.parse(await readFile(record, 'utf8')) as Cost;
    const files = (await readdir(join(directory, 'files'))).filter((name) => /^rows-\d+\.csv$/.test(name));
    const startMs = stats.firstAt - startedAt;
    return { ...stats, ...cost, wallMs, startMs, exitCode, stderr, files: files.length };
  } finally {
    service.disconnect();
    await rm(directory, { recursive: true, force: true });
  }
}

async function answerOf(service: ChildProcess): Promise<unknown> {
  const [message] = (await once(service, 'message')) as [unknown];
  return message;
}

async function configure(directory: string, port: number, exports: number): Promise<string> {
  await writeFile(join(directory, 'many.profile.yaml'), PROFILE);
  const config = join(directory, 'many.yaml');
  const entries = Array.from(
    { length: exports },
    (_, id) => `  export-${id}: { provider: many, id: '${id}' }\n`,
  );
  const account = `profile: ./many.profile.yaml, baseUrl: 'http://127.0.0.1:${port}', token: token-of-the-bench`;
  const text = `providers:\n  many: { ${account} }\nexports:${entries.length === 0 ? ' {}' : ''}\n${entries.join('')}`;
  await writeFile(config, text, { mode: 0o600 });
  return config;
}

async function runProgram(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ exitCode: number; stderr: string }> {
  return await new Promise((resolve) => {
    const command = ['--import', PRELOAD, PROGRAM, ...args];
    const options = { env: { PATH: process.env['PATH'] ?? '', ...env }, maxBuffer: MOST_OUTPUT_BYTES };
    const child = execFile(process.execPath, command, options, (_error, _stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stderr });
    });
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
