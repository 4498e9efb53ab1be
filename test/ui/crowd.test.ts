import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event, Reporter } from '../../src/events.ts';
import { createReporter } from '../../src/ui/reporter.ts';
import { screenAfter } from './vt.ts';
import { createWorld, ended, failed, progress, saved, started, status, summary } from './world.ts';

const MANY = 1000;
const ids = Array.from({ length: MANY }, (_, index) => String(index));

function of(id: string, event: Event): Event {
  return { ...event, id } as Event;
}

function open(options: { progress: 'plain' | 'auto'; quiet?: boolean; stdoutTTY?: boolean }) {
  const { progress, quiet = false, stdoutTTY = false } = options;
  const world = createWorld({ stderrTTY: progress === 'auto', stdoutTTY });
  const reporter = createReporter(world, {
    ...{ json: false, color: 'never', results: 'paths', many: true },
    ...{ progress, quiet },
  });
  return { world, reporter };
}

/** A round of looks: each export was started, and is waited for. */
function lookAtAll(reporter: Reporter, word = 'In Progress'): void {
  for (const id of ids) reporter.report(of(id, status({ providerStatus: word })));
}

function startAll(reporter: Reporter): void {
  for (const id of ids) reporter.report({ type: 'export.started', provider: 'webadmit', id });
}

describe('plain lines about many exports', () => {
  it('are a line of numbers every 30 s', () => {
    const { world, reporter } = open({ progress: 'plain' });
    startAll(reporter);
    for (let elapsed = 0; elapsed < 60_000; elapsed += 5000) {
      lookAtAll(reporter, `word ${elapsed}`);
      world.clock.advance(5000);
    }
    for (const id of ids.slice(0, 600)) {
      reporter.report(of(id, ended('ready', 'Available')));
      reporter.report(of(id, started(`${id}.csv`, 10)));
      reporter.report(of(id, progress(`${id}.csv`, 5, 10)));
      reporter.report(of(id, saved(`${id}.csv`, 10)));
    }
    for (const id of ids.slice(600, 603)) reporter.report(of(id, ended('failed', 'Failed')));
    world.clock.advance(30_000);
    reporter.report(of('999', status()));
    expect(world.stderr.lines).toEqual([
      '1000 exports: 1000 running',
      '1000 exports: 1000 running',
      '1000 exports: 397 running, 600 files saved, 3 failed',
    ]);
  });

  it('tell each file that could not be saved, and the summary', () => {
    const { world, reporter } = open({ progress: 'plain' });
    startAll(reporter);
    reporter.report(of('7', failed('7.csv', 'the file is cut')));
    reporter.report(summary({ files: 999, bytes: 9990, exitCode: 3 }));
    expect(world.stderr.lines).toEqual([
      'webadmit 7: error: 7.csv: the file is cut',
      '999 files saved, 10.0 kB in 1.5 s (2 polls)',
    ]);
  });

  it('tell of a transfer only when it takes long', () => {
    const { world, reporter } = open({ progress: 'plain' });
    startAll(reporter);
    reporter.report(of('7', started('7.csv', 100)));
    for (let bytes = 10; bytes < 60; bytes += 10) reporter.report(of('7', progress('7.csv', bytes, 100)));
    world.clock.advance(31_000);
    reporter.report(of('7', progress('7.csv', 60, 100)));
    const about = world.stderr.lines.filter((line) => line.includes('7.csv'));
    expect(about).toEqual([expect.stringMatching(/^webadmit 7: 7\.csv 60 %, 60 B of 100 B/)]);
  });

  it.each([
    ['plain', '1000 exports: 980 more warnings'],
    // The live part counts them once it is drawn.
    ['auto', 'webadmit 1: the service is down'],
  ] as const)('warn a few times, and count the other warnings (%s)', (progress, counted) => {
    const { world, reporter } = open({ progress });
    startAll(reporter);
    for (const id of ids)
      reporter.report({ type: 'warning', provider: 'webadmit', id, message: 'the service is down' });
    const told = (): number => world.stderr.text.split('the service is down').length - 1;
    expect(told()).toBe(20);
    world.clock.advance(30_000);
    reporter.report({ type: 'warning', provider: 'webadmit', id: '1', message: 'the service is down' });
    expect(told()).toBe(21);
    expect(world.stderr.text).toContain(counted);
    reporter.close();
  });
});

describe('a terminal with many exports', () => {
  beforeEach(async () => {
    await Promise.all([import('ora'), import('cli-progress')]);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function screen({ world }: ReturnType<typeof open>): Promise<string[]> {
    await new Promise(setImmediate);
    vi.advanceTimersByTime(250);
    return screenAfter(world.stderr.text);
  }

  it('shows one line of numbers, however many files come and go', async () => {
    const run = open({ progress: 'auto' });
    startAll(run.reporter);
    lookAtAll(run.reporter);
    await screen(run);
    const before = run.world.stderr.text.length;
    for (const id of ids.slice(0, 500)) {
      run.reporter.report(of(id, ended('ready', 'Available')));
      run.reporter.report(of(id, started(`${id}.csv`, 10)));
      run.reporter.report(of(id, saved(`${id}.csv`, 10)));
    }
    expect(await screen(run)).toEqual([
      expect.stringMatching(/^\S {2}1000 exports {2}500 running · 500 files saved$/),
    ]);
    // A few frames, and nothing that is cleared and drawn again for each file.
    expect(run.world.stderr.text.length - before).toBeLessThan(1000);
    run.reporter.close();
  });

  it('shows a bar for a file that takes long', async () => {
    const run = open({ progress: 'auto' });
    startAll(run.reporter);
    lookAtAll(run.reporter);
    run.reporter.report(of('7', started('7.csv', 100)));
    run.world.clock.advance(5000);
    run.reporter.report(of('7', progress('7.csv', 50, 100)));
    await screen(run);
    expect(await screen(run)).toEqual([
      expect.stringContaining('1000 exports  999 running'),
      expect.stringMatching(/^7\.csv .* 50 % /),
    ]);
    run.reporter.close();
  });
});
