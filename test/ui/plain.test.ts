import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createReporter } from '../../src/ui/reporter.ts';
import type { Event } from '../../src/events.ts';
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

function report(
  events: readonly Event[],
  options: { quiet?: boolean; progress?: 'plain' | 'none' } = {},
): FakeWorld {
  const world = createWorld();
  const reporter = reporterOf(world, options);
  for (const event of events) reporter.report(event);
  reporter.close();
  return world;
}

function reporterOf(
  world: FakeWorld,
  { quiet = false, progress = 'plain' }: { quiet?: boolean; progress?: 'plain' | 'none' } = {},
) {
  return createReporter(world, { json: false, progress, quiet, color: 'auto', results: 'none', many: false });
}

describe('plain lines', () => {
  it('tell the story of a run', () => {
    const { stderr } = report([
      status(),
      status({ percent: 64 }),
      ended('ready', 'Available'),
      started('a.csv', 12_300_000),
      saved('a.csv', 12_300_000),
      summary({ files: 1, bytes: 12_300_000, polls: 14, renewals: 1, elapsedMs: 123_000 }),
    ]);
    expect(stderr.lines).toEqual([
      'webadmit 86446/74780: In Progress, next look in 12 s',
      'webadmit 86446/74780: In Progress, 64 %, next look in 12 s',
      'webadmit 86446/74780: ready (Available)',
      'webadmit 86446/74780: downloading a.csv (12.3 MB)',
      'webadmit 86446/74780: saved a.csv (12.3 MB)',
      '1 file saved, 12.3 MB in 2m 3s (14 polls, 1 renewed link)',
    ]);
  });

  it.each(['failed', 'cancelled', 'gone', 'unknown'] as const)(
    'leave the end as %s to the error that the run ends with',
    (state) => {
      expect(report([ended(state, 'Word', 'why')]).stderr.lines).toEqual([]);
    },
  );

  it.each([
    [
      ended('ready-with-errors', 'Success With Errors'),
      'warning: ready, but the provider reports errors in it (Success With Errors)',
    ],
    [ended('empty', 'Empty List'), 'warning: the export holds no data (Empty List)'],
    [ended('running', 'In Progress'), 'still running (In Progress)'],
    [
      status({ state: 'unknown', providerStatus: 'Frobbing' }),
      'status “Frobbing”, which the profile does not know, next look in 12 s',
    ],
    [started('a.csv', 2000, 1000), 'resuming a.csv at 1.0 kB of 2.0 kB'],
    [
      { type: 'link.renewed', provider: 'webadmit', id: '86446/74780', file: 'a.csv', reason: 'expired' },
      'the link of a.csv is renewed (expired)',
    ],
    [failed('a.csv', 'the file is cut'), 'error: a.csv: the file is cut'],
  ] as [Event, string][])('have a sentence for %j', (event, expected) => {
    expect(report([event]).stderr.lines).toEqual([`webadmit 86446/74780: ${expected}`]);
  });

  it('name what a warning is about as far as it is known', () => {
    const { stderr } = report([
      { type: 'warning', message: 'the clock is wrong' },
      { type: 'warning', provider: 'acme', message: 'slow' },
    ]);
    expect(stderr.lines).toEqual(['warning: the clock is wrong', 'acme: warning: slow']);
  });

  it('come once per 10 % of a file', () => {
    const total = 1000;
    const steps = Array.from({ length: total }, (_, index) => progress('a.csv', index + 1, total));
    const { stderr } = report([started('a.csv', total), ...steps]);
    const percents = stderr.lines.slice(1).map((line) => /a\.csv (\d+) %/.exec(line)?.[1]);
    expect(percents).toEqual(['10', '20', '30', '40', '50', '60', '70', '80', '90']);
  });

  it('do not tell of the last byte, which the next sentence does', () => {
    const { stderr } = report([started('a.csv', 10), progress('a.csv', 10, 10), saved('a.csv', 10)]);
    expect(stderr.lines).toHaveLength(2);
  });

  it('tell files that were here already from those that were saved', () => {
    const here = { ...saved('a.csv', 10), already: true } as Event;
    const { stderr } = report([here, saved('b.csv', 10), summary({ files: 2, already: 1, bytes: 20 })]);
    expect(stderr.lines).toEqual([
      'webadmit 86446/74780: a.csv is here already, verified',
      'webadmit 86446/74780: saved b.csv (10 B)',
      '1 file saved (1 file was here already), 20 B in 1.5 s (2 polls)',
    ]);
  });

  it('come every 30 s when there is nothing to count', () => {
    const world = createWorld();
    const reporter = reporterOf(world);
    for (let elapsed = 0; elapsed <= 60_000; elapsed += 5000) {
      reporter.report(status());
      world.clock.advance(5000);
    }
    expect(world.stderr.lines).toHaveLength(3);
  });

  it('come as soon as the provider says another word', () => {
    const { stderr } = report([status({ state: 'queued', providerStatus: 'Queued' }), status()]);
    expect(stderr.lines).toHaveLength(2);
  });

  it('say that an export is ready once, however often its links are renewed', () => {
    const { stderr } = report([
      ended('ready', 'Available'),
      ended('ready', 'Available'),
      ended('ready', 'Available'),
    ]);
    expect(stderr.lines).toEqual(['webadmit 86446/74780: ready (Available)']);
  });

  it('stay silent about all but lost files when quiet', () => {
    const events = [
      status(),
      ended('failed', 'Failed'),
      { type: 'warning', message: 'w' } as const,
      failed('a.csv', 'cut'),
      summary(),
    ];
    expect(report(events, { quiet: true }).stderr.lines).toEqual(['webadmit 86446/74780: error: a.csv: cut']);
  });

  it('are only about problems without progress', () => {
    const events = [
      status(),
      started('a.csv'),
      { type: 'warning', message: 'w' } as const,
      saved('a.csv', 1),
      failed('b.csv', 'cut'),
      summary(),
    ];
    expect(report(events, { progress: 'none' }).stderr.lines).toEqual([
      'warning: w',
      'webadmit 86446/74780: error: b.csv: cut',
    ]);
  });

  it('never say 100 % and never go back', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1200)), (amounts) => {
        const { stderr } = report([
          started('a.csv', 1000),
          ...amounts.map((bytes) => progress('a.csv', bytes, 1000)),
        ]);
        const percents = stderr.lines.flatMap((line) => /a\.csv (\d+) %/.exec(line)?.[1] ?? []).map(Number);
        expect(percents).toEqual([...percents].sort((a, b) => a - b));
        expect(Math.max(0, ...percents)).toBeLessThan(100);
      }),
    );
  });
});
