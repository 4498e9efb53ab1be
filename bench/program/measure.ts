import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Places } from './places.ts';
import { Room } from './room.ts';

/** A command line that is run in an empty directory of its own. */
export interface Command {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes that it is about to write; see `Room`. */
  readonly writes?: number;
  /** What it needs besides a shell; where one is missing it is named and left out. */
  readonly needs?: readonly string[];
  /** Rejects when what it has left in its directory is not what it was to bring. */
  readonly check?: (directory: string) => Promise<void>;
  /** Exit code; 0 unless told. */
  readonly exits?: number;
  /** Resolves at the moment that ends its time, where that is not its end. */
  readonly until?: () => Promise<unknown>;
}

/** The whole process, with all that it started and waited for. */
export interface Cost {
  readonly wallSeconds: number;
  /** User and system. */
  readonly cpuSeconds: number;
  /** Peak resident set of its largest process. */
  readonly peakMiB: number;
}

export interface Row {
  readonly name: string;
  /** Medians; `undefined` for what is not installed. */
  readonly cost: Cost | undefined;
  /** Medians of the ratios to the first command, pair by pair; `undefined` where that one is not installed. */
  readonly ratio: Cost | undefined;
}

const GNU_TIME = '/usr/bin/time';

/** Only few variables, so that nothing of this machine's set-up is measured (NODE_EXTRA_CA_CERTS costs 60 ms). */
const ENVIRONMENT = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };

interface Where {
  readonly places: Places;
  /** In which of them the commands run. */
  readonly place: keyof Places;
}

/** Runs the commands in turn, A B C A B C …, after a first round that does not count; the first is the yardstick. */
export async function compare(
  commands: readonly Command[],
  options: Where & { rounds: number; env?: Readonly<Record<string, string>> },
): Promise<Row[]> {
  const present = commands.filter(({ needs = [] }) => needs.every(isInstalled));
  const costs = new Map<string, Cost[]>(present.map(({ name }) => [name, []]));
  for (let round = 0; round <= options.rounds; round += 1) {
    for (const command of present) {
      const cost = await run(command, options, options.env ?? {});
      if (round > 0) costs.get(command.name)?.push(cost);
    }
  }
  const yardstick = costs.get(commands[0]?.name ?? '');
  return commands.map(({ name }) => {
    const mine = costs.get(name);
    if (mine === undefined) return { name, cost: undefined, ratio: undefined };
    const ratios = yardstick?.flatMap((other, round) => {
      const cost = mine[round];
      return cost === undefined ? [] : [combine(cost, other, (a, b) => a / b)];
    });
    return { name, cost: median(mine), ratio: ratios && median(ratios) };
  });
}

async function run(
  command: Command,
  { places, place }: Where,
  env: Readonly<Record<string, string>>,
): Promise<Cost> {
  const home = await mkdtemp(join(places[place], 'exportpoll-bench-run-'));
  const record = join(home, 'time');
  const directory = await mkdtemp(join(home, 'run-'));
  let room: Room | undefined;
  try {
    const wanted = { place: places[place], bytes: command.writes ?? 0 };
    room = wanted.bytes === 0 ? undefined : await Room.take(wanted);
    const moment = command.until?.().then(() => performance.now());
    const began = performance.now();
    const child = spawn(GNU_TIME, ['-q', '-o', record, '-f', '%U %S %M', ...command.argv], {
      cwd: directory,
      env: { ...ENVIRONMENT, HOME: home, ...env, ...command.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    const ended = performance.now();
    if (code !== (command.exits ?? 0)) throw new Error(`${command.name} ended with ${code}: ${said}`);
    await command.check?.(directory);
    const wallSeconds = (((await moment) ?? ended) - began) / 1000;
    const [user = 0, system = 0, peak = 0] = (await readFile(record, 'utf8')).split(' ').map(Number);
    return { wallSeconds, cpuSeconds: user + system, peakMiB: peak / 1024 };
  } finally {
    await room?.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** Whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
}

/** Throws when the machine lacks what every figure needs. */
export function requireTools(): void {
  const missing = [GNU_TIME, 'nginx', 'openssl'].filter((tool) => !isInstalled(tool));
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(', ')}; bench/README.md says how`);
}

function median(costs: readonly Cost[]): Cost {
  const middle = (pick: (cost: Cost) => number): number => {
    const sorted = costs.map(pick).sort((a, b) => a - b);
    const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
    return (low + high) / 2;
  };
  return {
    wallSeconds: middle(({ wallSeconds }) => wallSeconds),
    cpuSeconds: middle(({ cpuSeconds }) => cpuSeconds),
    peakMiB: middle(({ peakMiB }) => peakMiB),
  };
}

function combine(a: Cost, b: Cost, by: (a: number, b: number) => number): Cost {
  return {
    wallSeconds: by(a.wallSeconds, b.wallSeconds),
    cpuSeconds: by(a.cpuSeconds, b.cpuSeconds),
    peakMiB: by(a.peakMiB, b.peakMiB),
  };
}
