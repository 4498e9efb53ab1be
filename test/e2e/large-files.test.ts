import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { expect, it, onTestFinished } from 'vitest';

import { noise } from '../helpers/bytes.ts';
import { startFileService } from '../helpers/file-service.ts';
import { createCli } from '../helpers/run-cli.ts';

/** Large enough to be decoded in threads of their own. */
const BYTES = 17 * 1024 * 1024;
const contents = {
  'one.csv': Buffer.concat([noise(BYTES), Buffer.alloc(30_000_000, 'a row\n')]),
  'two.csv': noise(BYTES, 2),
  'plain.csv': noise(BYTES, 3),
};
const zip = (content: Buffer): Buffer => gzipSync(content, { level: 1 });
const remote = {
  'one.csv.gz': zip(contents['one.csv']),
  'two.csv.gz': zip(contents['two.csv']),
  'plain.csv': contents['plain.csv'],
};

/** A line on stderr for each thread that is made. */
const COUNT_THREADS = `
  const threads = require('node:worker_threads');
  threads.Worker = class extends threads.Worker {
    constructor(...args) { super(...args); process.stderr.write('a thread\\n'); }
  };`;

async function setUp(files: Readonly<Record<string, Buffer>>, everyMs = 0) {
  const service = await startFileService(files, { bytes: 256 * 1024, everyMs });
  const cli = await createCli();
  onTestFinished(async () => {
    await cli.close();
    await service.close();
  });
  const config = await cli.write('../service.yaml', service.config);
  const hook = await cli.write('../count-threads.cjs', COUNT_THREADS);
  const args = ['watch', service.target, '--config', config, '--concurrency', '3', '-q'];
  return { service, cli, args, env: { NODE_OPTIONS: `--require ${hook}` } };
}

async function expectLanded(directory: string): Promise<void> {
  for (const [name, content] of Object.entries(contents))
    expect((await readFile(join(directory, name))).equals(content), name).toBe(true);
  expect((await readdir(directory)).sort()).toEqual(
    [...Object.keys(contents), 'slow-all.manifest.json'].sort(),
  );
}

it('several large files are decoded in threads, and are right, also after three kills', async () => {
  const { service, cli, args, env } = await setUp(remote, 4);
  for (let kills = 1; kills <= 3; kills += 1) {
    const run = cli.start(args, { env });
    while (service.sent() < kills * 12_000_000) await sleep(5);
    run.kill('SIGKILL');
    await run.result;
  }
  const result = await cli.run(args, { env });
  expect(result.exitCode, result.stderr).toBe(0);
  expect(result.stderr).toMatch(/^(a thread\n){1,3}$/);
  await expectLanded(cli.directory);
  // The first run began at the beginning of all three.
  expect(service.ranges.slice(3).some((range) => range !== undefined)).toBe(true);
  expect((await cli.run(['verify'], { env: {} })).exitCode).toBe(0);
});

it('one that is cut or damaged is told, and leaves nothing; the others land', async () => {
  const damaged = Buffer.from(remote['two.csv.gz']);
  damaged[damaged.length - 6]! ^= 1;
  const files = { ...remote, 'one.csv.gz': remote['one.csv.gz'].subarray(0, -9), 'two.csv.gz': damaged };
  const { cli, args, env } = await setUp(files);
  const { exitCode, stderr } = await cli.run(args, { env });
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toContain('the gzip file is cut short');
  expect(stderr).toContain('the gzip file is damaged: incorrect data check');
  expect(stderr).toContain('a thread');
  const left = (await readdir(cli.directory)).filter((name) => !/\.journal/.test(name));
  expect(left).toEqual(['plain.csv']);
});

it('an interrupt ends at once, and the next run goes on', async () => {
  const { service, cli, args, env } = await setUp(remote, 4);
  const run = cli.start(args, { env });
  while (service.sent() < 20_000_000) await sleep(5);
  run.kill('SIGINT');
  expect((await run.result).exitCode).toBe(130);
  expect((await cli.run(args, { env })).exitCode).toBe(0);
  await expectLanded(cli.directory);
  expect(service.ranges.slice(3).some((range) => range !== undefined)).toBe(true);
});

it('where no thread can start, files are decoded all the same', async () => {
  const { cli, args } = await setUp(remote);
  const hook = await cli.write(
    '../no-threads.cjs',
    `const threads = require('node:worker_threads');
    threads.Worker = class extends threads.Worker { constructor() { super('/nonexistent.js'); } };`,
  );
  const result = await cli.run(args, { env: { NODE_OPTIONS: `--require ${hook}` } });
  expect(result.exitCode, result.stderr).toBe(0);
  await expectLanded(cli.directory);
});
