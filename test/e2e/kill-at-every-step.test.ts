import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Manifest } from '../../src/download/manifest.ts';
import { noise } from '../helpers/bytes.ts';
import { startFileService, type FileService } from '../helpers/file-service.ts';
import { createCli, type Cli } from '../helpers/run-cli.ts';

const PRELOAD = fileURLToPath(new URL('../helpers/kill-at-step.mjs', import.meta.url));
const content = {
  // Larger than what is held in memory, also when it is compressed.
  'a.csv': Buffer.from(noise(100_000).toString('hex')),
  'b.csv': Buffer.from('b\n'.repeat(5000)),
  'c.csv': Buffer.from('a line of a small file\n'.repeat(9)),
};
const MANIFEST = 'slow-all.manifest.json';
/** By how many writes two runs may differ. */
const MOST_PIECES = 4;

let service: FileService;
beforeAll(async () => {
  const files = {
    'a.csv.gz': gzipSync(content['a.csv']),
    'b.csv': content['b.csv'],
    'c.csv.gz': gzipSync(content['c.csv']),
  };
  service = await startFileService(files, { bytes: 1_000_000, everyMs: 0 });
});
afterAll(async () => await service.close());

async function inNewWorld(work: (cli: Cli, args: readonly string[]) => Promise<void>): Promise<void> {
  const cli = await createCli();
  try {
    const config = await cli.write('../service.yaml', service.config);
    await work(cli, [
      'watch',
      service.target,
      '--config',
      config,
      '--output',
      'out',
      '--concurrency',
      '1',
      '-q',
      '--exec',
      `sh -c 'echo ran >>"$HOME/ran"'`,
    ]);
  } finally {
    await cli.close();
  }
}

/** How often the command of `--exec` has run. */
async function timesRun({ home }: Cli): Promise<number> {
  const log = await readFile(join(home, 'ran'), 'utf8').catch(() => '');
  return log.split('\n').length - 1;
}

/** Whether the next run has to run the command: the set is not committed, or says so. */
async function isDue({ directory }: Cli): Promise<boolean> {
  const text = await readFile(join(directory, 'out', MANIFEST), 'utf8').catch(() => '{"execDue":true}');
  return (JSON.parse(text) as Manifest).execDue === true;
}

/** What is there, and which of the final names do not hold the whole file: at no moment any. */
async function look(cli: Cli): Promise<{ names: string[]; wrong: string[] }> {
  const names = (await cli.files()).map((file) => file.replace(/^out\//, ''));
  const wrong: string[] = [];
  for (const [name, bytes] of Object.entries(content)) {
    if (!names.includes(name)) continue;
    if (!(await readFile(join(cli.directory, 'out', name))).equals(bytes)) wrong.push(name);
  }
  const incomplete = Object.keys(content).some((name) => !names.includes(name));
  if (names.includes(MANIFEST) && incomplete) wrong.push(MANIFEST);
  return { names, wrong };
}

it('killed before any step on the file system, the next run finishes with the right bytes and no debris', async () => {
  let steps: string[] = [];
  await inNewWorld(async (cli, args) => {
    const record = join(cli.home, 'steps');
    const env = { NODE_OPTIONS: `--import ${PRELOAD}`, STEPS_FILE: record };
    expect((await cli.run(args, { env })).exitCode).toBe(0);
    steps = (await readFile(record, 'utf8')).split('\n');
  });
  // Every kind of step that matters was seen, so that this test cannot pass by watching nothing.
  expect(new Set(steps)).toEqual(
    new Set([
      'mkdir',
      'writeFile',
      'link',
      'unlink',
      'unlinkSync',
      'open',
      'handle.write',
      'handle.writev',
      'handle.writeFile',
      'handle.sync',
      'rename',
      'chmod',
    ]),
  );
  const attempts = steps.map((name, index) => async () => {
    await inNewWorld(async (cli, args) => {
      const env = { NODE_OPTIONS: `--import ${PRELOAD}`, KILL_AT_STEP: String(index + 1) };
      const { exitCode } = await cli.run(args, { env });
      // What comes in fewer pieces takes fewer writes: such a run ends before the last steps of the first one.
      const mayEnd = index + 1 > steps.length - MOST_PIECES;
      expect([undefined, ...(mayEnd ? [0] : [])], `step ${index + 1}, ${name}`).toContain(exitCode);
      expect((await look(cli)).wrong, `step ${index + 1}, ${name}`).toEqual([]);

      const before = { runs: await timesRun(cli), due: await isDue(cli) };
      expect(before.runs > 0 || before.due, `step ${index + 1}, ${name}: the command is forgotten`).toBe(
        true,
      );

      const again = await cli.run(args);
      expect(again.exitCode, `after step ${index + 1}, ${name}: ${again.stderr}`).toBe(0);
      const after = { names: [...Object.keys(content), MANIFEST], wrong: [] };
      expect(await look(cli), `after step ${index + 1}, ${name}`).toEqual(after);
      const runs = before.runs + (before.due ? 1 : 0);
      expect(await timesRun(cli), `runs of the command after step ${index + 1}, ${name}`).toBe(runs);
      expect(await isDue(cli)).toBe(false);
    });
  });
  await inTwos(attempts);
}, 360_000);

async function inTwos(attempts: (() => Promise<void>)[]): Promise<void> {
  const left = attempts.values();
  await Promise.all(
    [0, 1].map(async () => {
      for (const attempt of left) await attempt();
    }),
  );
}
