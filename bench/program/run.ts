/**
 * The program as a whole process beside what people use today, as Markdown. `npm run bench [-- SECTION...]`; with
 * `--rounds N` every section is run so often.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { arch, cpus, release, tmpdir, type } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startArrivals } from './arrivals.ts';
import { prepareData } from './data.ts';
import { compare, isInstalled, requireTools, type Row } from './measure.ts';
import { findPlaces } from './places.ts';
import { sectionKeys, sectionsFor } from './sections.ts';
import { startServer } from './server.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' } },
});

// Before any data is made, which takes a while.
const unknown = positionals.filter((name) => !sectionKeys.some((key) => key === name));
if (unknown.length > 0) refuse(`no section ${unknown.join(', ')}; there are ${sectionKeys.join(', ')}`);
if (values.rounds !== undefined && !/^[1-9]\d*$/.test(values.rounds))
  refuse(`--rounds ${values.rounds} is not a number of rounds`);
requireTools();
const data = await prepareData(join(tmpdir(), 'exportpoll-bench-data'));
const folder = await mkdtemp(join(tmpdir(), 'exportpoll-bench-'));
const server = await startServer(data);
const arrivals = await startArrivals();
try {
  const empty = join(folder, 'empty.js');
  await writeFile(empty, '');
  const sections = sectionsFor(data, server, arrivals, empty);
  console.log(
    `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${type()} ${release()} ${arch()}`,
  );
  const missing = ['curl', 'wget', 'aria2c', 'pigz', 'igzip'].filter((tool) => !isInstalled(tool));
  if (missing.length > 0) console.log(`\nNot installed, and so left out: ${missing.join(', ')}.`);
  const places = await findPlaces();
  if (places.memory === places.disk)
    console.log('\nThere is no room in /dev/shm: the disk is timed as well.');
  for (const key of sectionKeys) {
    if (positionals.length > 0 && !positionals.includes(key)) continue;
    const { title, commands, rounds, place = 'disk', env = {} } = sections[key];
    const count = Number(values.rounds ?? rounds);
    const rows = await compare(commands, { rounds: count, places, place, env });
    console.log(`\n${table(title, count, rows)}`);
  }
} finally {
  arrivals.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

/** Ends with one sentence on what is wrong with the command line. */
function refuse(sentence: string): never {
  console.error(`bench: ${sentence}`);
  process.exit(2);
}

function table(title: string, rounds: number, rows: readonly Row[]): string {
  const lines = rows.map(({ name, cost, ratio }) => {
    if (cost === undefined) return `| ${name} | not installed | | | | |`;
    const { wallSeconds, cpuSeconds, peakMiB } = cost;
    const wall = wallSeconds < 1 ? `${(wallSeconds * 1000).toFixed(0)} ms` : `${wallSeconds.toFixed(2)} s`;
    const cells = [
      wall,
      ratioText(ratio?.wallSeconds),
      `${cpuSeconds.toFixed(2)} s`,
      ratioText(ratio?.cpuSeconds),
    ];
    return `| ${name} | ${cells.join(' | ')} | ${peakMiB.toFixed(0)} MiB |`;
  });
  const head = `| ${title} (${rounds} rounds) | wall | ratio | CPU | ratio | peak RSS |`;
  return [head, '| --- | ---: | ---: | ---: | ---: | ---: |', ...lines].join('\n');
}

/** What takes no time that the system would count has no ratio. */
function ratioText(ratio = Number.NaN): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '';
}
