// What waiting costs, in simulated time: how many requests, and how late the end is seen. Prints Markdown.
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { parseDuration } from '../../src/units.ts';
import { seeded as seededRandom } from '../../test/chaos/random.ts';
import { every, exponentially, exportpoll, type Cost, type Waiter } from './cadences.ts';
import { tracesOf, type Kind, type Trace } from './traces.ts';

const SEED = Number(process.argv[2] ?? 7);
const COUNT = 500;
const seeded = (seed: number): (() => number) => seededRandom(seed).next;

const peers: Readonly<Record<string, Waiter>> = {
  'MyTracker client, 4 s': every(4),
  'Airbyte, 5 s': every(5),
  'fixed 10 s': every(10),
  'exponential to 60 s': exponentially(60),
};
/** Which of the services behaves like this, and so whose floor and ceiling hold. */
const profiles: Readonly<Record<Kind, string>> = {
  linear: 'mytracker-raw',
  'front-loaded': 'mytracker-raw',
  stalling: 'mytracker-raw',
  jumping: 'mytracker-raw',
  'in steps': 'personium',
  none: 'webadmit',
};

/** A cadence over the traces of one kind or of several. */
interface Result {
  readonly name: string;
  readonly costs: readonly (Cost & { readonly endsAt: number })[];
}

async function run(name: string, waiter: Waiter, traces: readonly Trace[]): Promise<Result> {
  const costs: (Cost & { endsAt: number })[] = [];
  for (const trace of traces) costs.push({ ...(await waiter(trace)), endsAt: trace.endsAt });
  return { name, costs };
}

function meanPolls({ costs }: Result): number {
  return mean(costs.map(({ polls }) => polls));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The parameter at which a cadence asks about as often as `polls` per export. */
async function costing(
  polls: number,
  make: (parameter: number) => Waiter,
  traces: readonly Trace[],
): Promise<number> {
  let [low, high] = [0.5, 3600];
  for (let round = 0; round < 40; round += 1) {
    const middle = Math.sqrt(low * high);
    if (meanPolls(await run('', make(middle), traces)) > polls) low = middle;
    else high = middle;
  }
  return high;
}

function print(title: string, results: readonly Result[]): void {
  console.log(`\n### ${title}\n`);
  console.log('| cadence | polls an export | of the 4 s client | median late | mean late | at most |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |');
  const base = results.slice(0, 1).map(meanPolls)[0] ?? Number.NaN;
  for (const result of results) {
    const late = result.costs.map((cost) => cost.late);
    const worst = Math.max(...result.costs.map((cost) => cost.late / Math.max(50, cost.endsAt)));
    const cells = [
      result.name,
      meanPolls(result).toFixed(0),
      (meanPolls(result) / base).toFixed(2),
      `${median(late).toFixed(1)} s`,
      `${mean(late).toFixed(1)} s`,
      `${(worst * 100).toFixed(0)} %`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

async function runKind(kind: Kind): Promise<Result[]> {
  const traces = tracesOf(kind, COUNT, seeded(SEED));
  const { interval, maxInterval } = loadBuiltin(profiles[kind]).poll;
  const cadence = { floorMs: parseDuration(interval), ceilingMs: parseDuration(maxInterval) };
  const results: Result[] = [];
  for (const [name, waiter] of Object.entries(peers)) results.push(await run(name, waiter, traces));
  const ours = await run('**exportpoll**', exportpoll(cadence, seeded(SEED + 1)), traces);
  results.push(ours);
  if (kind === 'none') {
    const [seconds, cap] = [
      await costing(meanPolls(ours), every, traces),
      await costing(meanPolls(ours), exponentially, traces),
    ];
    results.push(await run(`fixed ${seconds.toFixed(1)} s, to ask as often`, every(seconds), traces));
    results.push(
      await run(`exponential to ${cap.toFixed(1)} s, to ask as often`, exponentially(cap), traces),
    );
  }
  return results;
}

console.log(`${COUNT} exports of each kind, 5 s to 6 h, evenly over the orders of magnitude; seed ${SEED}.`);
console.log('"at most" is the greatest lateness as a share of the duration (of 50 s for shorter ones).');
const withPercentage: Result[] = [];
for (const kind of Object.keys(profiles) as Kind[]) {
  const results = await runKind(kind);
  print(kind === 'none' ? 'Without a percentage' : `A percentage that is ${kind}`, results);
  if (kind === 'none') continue;
  for (const [at, { name, costs }] of results.entries()) {
    withPercentage[at] = { name, costs: [...(withPercentage[at]?.costs ?? []), ...costs] };
  }
}
print('All of those with a percentage', withPercentage);
