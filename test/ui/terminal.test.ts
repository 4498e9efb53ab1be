import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event, Reporter } from '../../src/events.ts';
import { createReporter } from '../../src/ui/reporter.ts';
import { screenAfter } from './vt.ts';
import {
  createWorld,
  ended,
  failed,
  progress,
  saved,
  started,
  status,
  summary,
  type FakeWorld,
} from './world.ts';

const FRAME_MS = 250;

beforeAll(async () => {
  await Promise.all([import('ora'), import('cli-progress')]);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

function open(options: Parameters<typeof createWorld>[0] = {}, results: 'paths' | 'none' = 'none') {
  const world = createWorld({ stderrTTY: true, ...options });
  const reporter = createReporter(world, {
    json: false,
    progress: 'auto',
    quiet: false,
    color: 'auto',
    results,
    many: false,
  });
  return { world, reporter };
}

/** Reports, lets the libraries load and a frame be drawn, and returns what is on the screen. */
async function show(
  { world, reporter }: { world: FakeWorld; reporter: Reporter },
  ...events: Event[]
): Promise<string[]> {
  for (const event of events) reporter.report(event);
  await new Promise(setImmediate);
  vi.advanceTimersByTime(FRAME_MS);
  return screenAfter(world.stderr.text);
}

/** Nothing that would keep the process alive is left behind. */
function close({ reporter }: { reporter: Reporter }): void {
  reporter.close();
  expect(vi.getTimerCount(), 'timers left after close()').toBe(0);
}

describe('a terminal', () => {
  it('shows a spinner with a countdown while there is no percentage', async () => {
    const run = open();
    expect(await show(run, status())).toEqual([
      expect.stringMatching(/^\S {2}webadmit 86446\/74780 {2}In Progress · next look in 12 s$/),
    ]);
    run.world.clock.advance(5000);
    expect(await show(run)).toEqual([expect.stringContaining('next look in 7 s')]);
    run.world.clock.advance(9000);
    expect(await show(run)).toEqual([expect.stringContaining('In Progress · looking')]);
    close(run);
  });

  it('shows a bar once there is a percentage', async () => {
    const run = open();
    await show(run, status());
    expect(await show(run, status({ percent: 50 }))).toEqual([
      'webadmit 86446/74780 █████░░░░░ 50 % In Progress · next look in 12 s',
    ]);
    close(run);
  });

  it('shows a bar with bytes, speed and time left for every file that is coming', async () => {
    const run = open();
    await show(run, started('a.csv', 4_000_000), started('b.csv'));
    run.world.clock.advance(2000);
    const screen = await show(run, progress('a.csv', 1_000_000), progress('b.csv', 500_000));
    expect(screen).toEqual([
      'a.csv                ██░░░░░░░░ 25 % 1.0 MB of 4.0 MB · 500 kB/s · 6 s left',
      'b.csv  500 kB · 250 kB/s',
    ]);
    close(run);
  });

  it('leaves a line for every file that is over and takes its bar away', async () => {
    const run = open();
    await show(run, started('a.csv', 1000), started('b.csv', 1000), started('c.csv', 1000));
    expect(await show(run, saved('a.csv', 1000), failed('b.csv', 'the file is cut'))).toEqual([
      '✔ a.csv  1.0 kB',
      '✖ b.csv: the file is cut',
      expect.stringMatching(/^c\.csv +░+ {2}0 % 0 B of 1\.0 kB$/),
    ]);
    expect(await show(run, saved('c.csv', 1000), summary({ files: 2, bytes: 2000 }))).toEqual([
      '✔ a.csv  1.0 kB',
      '✖ b.csv: the file is cut',
      '✔ c.csv  1.0 kB',
      '✔ 2 files saved, 2.0 kB in 1.5 s (2 polls)',
    ]);
    close(run);
  });

  it('says that an export is ready until its first file begins', async () => {
    const run = open();
    await show(run, status({ percent: 50 }));
    expect(await show(run, ended('ready', 'Available'))).toEqual([
      expect.stringMatching(/^\S {2}webadmit 86446\/74780 {2}ready · asking for the file$/),
    ]);
    expect(await show(run, started('a.csv', 1000))).toEqual([expect.stringMatching(/^a\.csv /)]);
    await show(run, ended('ready', 'Available'));
    expect(await show(run, failed('a.csv', 'cut'))).toEqual(['✖ a.csv: cut']);
    close(run);
  });

  it('leaves a line for what is still going on when nobody waits for it', async () => {
    const run = open();
    expect(await show(run, status({ percent: 64, nextPollMs: undefined } as never))).toEqual([
      '• webadmit 86446/74780: still running (In Progress, 64 %)',
    ]);
    close(run);
  });

  it('sums up what was saved when something else failed', async () => {
    const run = open();
    expect(await show(run, failed('b.csv', 'cut'), summary({ exitCode: 3 }))).toEqual([
      '✖ b.csv: cut',
      '• 1 file saved, 10 B in 1.5 s (2 polls)',
    ]);
    close(run);
  });

  it('says that a file was here already', async () => {
    const run = open();
    const here = { ...saved('a.csv', 10), already: true } as Event;
    expect(await show(run, here, summary({ already: 1, polls: 0 }))).toEqual([
      '✔ a.csv is here already, verified',
      '✔ 1 file was here already, 10 B',
    ]);
    close(run);
  });

  it('draws no 100 % and no full bar before the file is saved, and never goes back', async () => {
    const run = open();
    const drawn: number[] = [];
    for (const bytes of [0, 400, 300, 999, 1000, 1000]) {
      const [line = ''] = await show(
        run,
        ...(bytes === 0 ? [started('a.csv', 1000)] : [progress('a.csv', bytes, 1000)]),
      );
      drawn.push(Number(/(\d+) %/.exec(line)?.[1]));
      expect(line).toContain('░');
    }
    expect(drawn).toEqual([0, 40, 40, 99, 99, 99]);
    close(run);
  });

  it('sums up when there are too many exports for a line each', async () => {
    const run = open();
    const events = Array.from({ length: 1000 }, (_, index) =>
      status({ id: `${index}`, state: index % 4 === 0 ? 'queued' : 'running', percent: index % 100 }),
    );
    expect(await show(run, ...events)).toEqual([
      expect.stringMatching(/^\S {2}1000 exports {2}250 queued · 750 running$/),
    ]);
    close(run);
  });

  it('draws no more bars than fit, and counts the other files', async () => {
    const run = open();
    const screen = await show(run, ...Array.from({ length: 20 }, (_, index) => started(`${index}.csv`, 10)));
    expect(screen).toHaveLength(8);
    expect(screen.at(-1)?.trim()).toBe('and 13 more files');
    close(run);
  });

  it('cuts long names so that no line wraps', async () => {
    const run = open({ columns: 60 });
    const screen = await show(
      run,
      status({ id: 'x'.repeat(200), percent: 5 }),
      started(`${'東'.repeat(90)}.0.csv`, 10),
    );
    for (const line of screen) expect(line.length).toBeLessThan(60);
    expect(screen[1]).toContain('….0.csv');
    close(run);
  });

  it('takes a terminal that does not know its size for one of 80 columns', async () => {
    const run = open({ columns: 0 });
    expect(await show(run, status())).toHaveLength(1);
    expect(await show(run, status({ percent: 5 }))).toHaveLength(1);
    close(run);
  });

  it('writes results to stdout only while nothing is drawn on the same terminal', async () => {
    const run = open({ stdoutTTY: true }, 'paths');
    const both: string[] = [];
    const write = run.world.stdout.stream.write.bind(run.world.stdout.stream);
    run.world.stdout.stream.write = (chunk: unknown) => {
      both.push(screenAfter(run.world.stderr.text).join('\n'));
      return write(chunk);
    };
    await show(run, started('a.csv', 10), started('b.csv', 10), saved('a.csv', 10));
    // The path is on this terminal, too: it needs no second line.
    expect(both).toEqual(['']);
    expect(run.world.stdout.text).toBe('/data/a.csv\n');
    close(run);
  });

  it('is left as it was found: nothing drawn, the cursor shown', async () => {
    const run = open();
    await show(run, status(), started('a.csv', 10));
    expect(cursorsOf(run.world)).toBe('hidden');
    close(run);
    expect(cursorsOf(run.world)).toBe('shown');
    expect(screenAfter(run.world.stderr.text)).toEqual([]);
    run.reporter.report(status());
    close(run);
    expect(await show(run, started('b.csv', 10))).toEqual([]);
  });

  it('draws nothing when it is closed before the libraries are there', async () => {
    const run = open();
    run.reporter.report(status());
    close(run);
    expect(await show(run)).toEqual([]);
    expect(run.world.stderr.text).toBe('');
  });

  it('puts no handler on signals and does not touch stdin', async () => {
    const count = (): number[] =>
      ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit']
        .map((name) => process.listenerCount(name))
        .concat(process.stdin.listenerCount('data'));
    const before = count();
    const run = open();
    await show(run, status());
    await show(run, started('a.csv', 10));
    expect(count()).toEqual(before);
    close(run);
  });

  it('draws nothing more once its reader has gone', async () => {
    const run = open();
    await show(run, status());
    const before = run.world.stderr.text;
    run.world.stderr.stream.destroy();
    await show(run, started('a.csv', 10), saved('a.csv', 10));
    expect(run.world.stderr.text).toBe(before);
    close(run);
  });

  it('colours only what it may', async () => {
    const colored = open();
    await show(colored, saved('a.csv', 10));
    expect(colored.world.stderr.text).toBe('\u001B[32m✔\u001B[39m a.csv  10 B\n');
    const plain = open({ env: { NO_COLOR: '1' } });
    await show(plain, saved('a.csv', 10), status());
    expect(plain.world.stderr.text).not.toContain('\u001B[3');
    colored.reporter.close();
    close(plain);
  });

  it('lets nothing through but its own sequences, whatever a server sends', async () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '\u001B[2J',
        '\u001B[31mred',
        '\u001B]0;owned\u0007',
        'a\r\b\bb',
        '\u202Egpj.exe',
        'x\ny',
        '\u009B5A',
        's3cr\u200B3t-key',
      ),
    );
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (name, text) => {
        const run = open({ env: { NO_COLOR: '1' } });
        run.world.redactor.add('s3cr3t-key');
        const events = [
          status({ id: text, providerStatus: text, state: 'unknown' }),
          status({ id: text, providerStatus: text, percent: 3 }),
          started(name, 10),
          failed(name, text),
          started(`${name}2`),
          saved(name, 3),
          { type: 'warning', message: text } as const,
          ended('failed', text, text),
        ];
        for (const event of events) await show(run, event);
        close(run);
        // Any sequence but ours makes screenAfter throw.
        expect(screenAfter(run.world.stderr.text).join('')).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(run.world.stderr.text).not.toContain('\u001B[3');
        expect(run.world.stderr.text).not.toContain('s3cr3t-key');
      }),
      { numRuns: 40 },
    );
  });
});

function cursorsOf({ stderr }: FakeWorld): 'hidden' | 'shown' {
  return stderr.text.lastIndexOf('\u001B[?25l') > stderr.text.lastIndexOf('\u001B[?25h') ? 'hidden' : 'shown';
}
