/**
 * Random faults against the built program: cuts, stalls, refusals, dead links, changed content, lying servers, and
 * kill -9 at any moment; the same command again and again until it says 0. Prints what happened, and fails when a
 * final name ever held anything but a whole version of the file, a credential left its origin, or anything was left
 * lying about at the end. `npm run chaos -- RUNS SEED`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createCli, type Cli } from '../helpers/run-cli.ts';
import { seeded } from './random.ts';
import { startChaosService, type ChaosService } from './service.ts';

const [runs = 300, seed = 1] = process.argv.slice(2).map(Number);
const AT_ONCE = 4;
const MOST_COMMANDS = 25;

interface Tally {
  commands: number;
  kills: number;
  faults: number;
  exitCodes: Map<string, number>;
  problems: string[];
}

const tally: Tally = { commands: 0, kills: 0, faults: 0, exitCodes: new Map(), problems: [] };
let next = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let run = next++; run < runs; run = next++) {
      await once(seed * 1_000_000 + run).catch((error: unknown) => {
        tally.problems.push(`seed ${seed * 1_000_000 + run}: ${String(error)}`);
      });
    }
  }),
);
const codes = [...tally.exitCodes]
  .sort(([a], [b]) => a.localeCompare(b))
  .map(([code, count]) => `${code}: ${count}`);
console.log(
  `${runs} runs, ${tally.commands} commands, ${tally.kills} of them killed, ${tally.faults} faults`,
);
console.log(`exit codes: ${codes.join(', ')}`);
for (const problem of tally.problems) console.log(problem);
console.log(`${runs - tally.problems.length} passed, ${tally.problems.length} failed`);
process.exitCode = tally.problems.length === 0 ? 0 : 1;

async function once(runSeed: number): Promise<void> {
  const random = seeded(runSeed);
  const service = await startChaosService(random);
  const cli = await createCli();
  try {
    const config = await cli.write('../chaos.yaml', service.config);
    // Few retries: the waits between eight would be longer than any command may take here.
    const args = [
      'watch',
      'chaos:all',
      '--config',
      config,
      '--stall-timeout',
      '300ms',
      '--retries',
      '4',
      '-q',
      '--output',
      'out',
    ];
    for (let n = 0; ; n += 1) {
      if (n === MOST_COMMANDS) throw new Error(`not done after ${n} commands`);
      const command = cli.start(args);
      tally.commands += 1;
      const timer = random.chance(0.4)
        ? setTimeout(() => command.kill('SIGKILL'), random.integer(200, 900))
        : undefined;
      const { exitCode, stderr } = await command.result;
      clearTimeout(timer);
      if (exitCode === undefined) tally.kills += 1;
      const code = String(exitCode ?? 'killed');
      tally.exitCodes.set(code, (tally.exitCodes.get(code) ?? 0) + 1);
      await check(cli, service, exitCode === 0);
      if (exitCode === 0) break;
      if (exitCode === 1 || exitCode === 2 || exitCode === 78) throw new Error(`exit ${exitCode}: ${stderr}`);
    }
    tally.faults += service.faults();
  } finally {
    await cli.close();
    await service.close();
  }
}

async function check(cli: Cli, service: ChaosService, done: boolean): Promise<void> {
  if (service.leaked()) throw new Error('a credential came to the store');
  const names = (await cli.files()).map((file) => file.replace(/^out\//, ''));
  const manifest = 'chaos-all.manifest.json';
  for (const { name, versions } of service.files) {
    if (!names.includes(name)) {
      if (done) throw new Error(`${name} is missing after exit 0`);
      continue;
    }
    const bytes = await readFile(join(cli.directory, 'out', name));
    if (!versions.some((version) => version.equals(bytes))) {
      throw new Error(`${name} holds ${bytes.length} bytes that no version of it has`);
    }
  }
  const expected = new Set([...service.files.map(({ name }) => name), manifest]);
  const others = names.filter((name) => !expected.has(name) && (done || !name.startsWith('.')));
  if (others.length > 0) throw new Error(`left lying about: ${others.join(', ')}`);
}
