import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Look } from '../../src/api/look.ts';
import type { Link } from '../../src/api/link.ts';
import { realClock } from '../../src/clock.ts';
import { InterruptedError, ProtocolError, StillRunningError } from '../../src/errors.ts';
import { poll, type Polled, type PollOptions } from '../../src/poll/poll.ts';
import { fakeClock, type FakeClock } from '../helpers/fake-clock.ts';

const running: Look = { state: 'running', word: 'In progress' };
const ready: Look = { state: 'ready', word: 'Success!', links: [{ identity: '/a' } as Link] };
const gone: Look = { state: 'gone', word: 'not found' };
const interrupted: Look = {
  state: 'running',
  word: 'Error occurred',
  settles: { state: 'failed', after: 10 },
};

interface Watched {
  readonly seen: Polled[];
  readonly error: unknown;
  readonly clock: FakeClock;
  /** When each look began, in ms after the first. */
  readonly looks: number[];
}

/** Polls what `script` says, its last look for ever. */
async function watch(script: readonly Look[], change: Partial<PollOptions> = {}): Promise<Watched> {
  const clock = fakeClock(0);
  const looks: number[] = [];
  const options: PollOptions = {
    look: () => {
      looks.push(clock.now());
      return Promise.resolve(script[Math.min(looks.length, script.length) - 1]!);
    },
    cadence: { floorMs: 4000, ceilingMs: 120_000 },
    timeoutMs: 3_600_000,
    graceMs: 0,
    once: false,
    clock,
    random: () => 0.5,
    signal: new AbortController().signal,
    ...change,
  };
  const seen: Polled[] = [];
  try {
    for await (const found of poll(options)) seen.push(found);
    return { seen, error: undefined, clock, looks };
  } catch (error) {
    return { seen, error, clock, looks };
  }
}

const times = (count: number, found: Look): Look[] => Array.from({ length: count }, () => found);
const statesOf = ({ seen }: Watched): string[] => seen.map(({ state }) => state);

describe('a wait', () => {
  it('looks first and waits then', async () => {
    const { seen, clock, looks } = await watch([ready]);
    expect(seen).toEqual([ready]);
    expect(looks).toEqual([0]);
    expect(clock.waits).toEqual([]);
  });

  it('tells of every look, and when the next one is due', async () => {
    const { seen, clock } = await watch([{ state: 'queued', word: 'queued' }, running, ready]);
    expect(seen).toEqual([
      { state: 'queued', word: 'queued', nextPollMs: 4000 },
      { ...running, nextPollMs: 4000 },
      ready,
    ]);
    expect(clock.waits).toEqual([4000, 4000]);
  });

  it.each<Look>([
    ready,
    { ...ready, state: 'ready-with-errors' },
    { state: 'empty', word: 'Empty List' },
    { state: 'failed', word: 'failed' },
    { state: 'cancelled', word: 'Canceled by user' },
    gone,
  ])('ends with $state', async (last) => {
    const { seen, error } = await watch([running, last, running]);
    expect(error).toBeUndefined();
    expect(seen.at(-1)).toEqual(last);
    expect(seen).toHaveLength(2);
  });

  it('ends with an export that lists no files, which is empty', async () => {
    expect(statesOf(await watch([running, { ...ready, links: [] }]))).toEqual(['running', 'empty']);
  });

  it('becomes slower with time, up to the ceiling', async () => {
    const { clock } = await watch([running], { timeoutMs: 86_400_000 });
    expect(clock.waits.slice(0, 3)).toEqual([4000, 4000, 4000]);
    expect(Math.max(...clock.waits)).toBe(120_000);
    expect(clock.waits.slice(0, -1)).toEqual(clock.waits.slice(0, -1).sort((a, b) => a - b));
  });

  it('passes the error of a look on', async () => {
    const failure = new ProtocolError('odd');
    expect((await watch([], { look: () => Promise.reject(failure) })).error).toBe(failure);
  });
});

describe('the deadline', () => {
  it('is never waited past, and there is a last look at it', async () => {
    const { error, clock, looks } = await watch([running], { timeoutMs: 10_000 });
    expect(error).toBeInstanceOf(StillRunningError);
    expect(error).toMatchObject({
      message: expect.stringContaining('still "In progress"') as string,
      exitCode: 8,
    });
    expect(clock.waits).toEqual([4000, 4000, 2000]);
    expect(looks).toEqual([0, 4000, 8000, 10_000]);
  });

  it('is kept whatever the provider asks for', async () => {
    const { error, clock } = await watch([{ ...running, retryAfterMs: 999_999 }], { timeoutMs: 10_000 });
    expect(error).toBeInstanceOf(StillRunningError);
    expect(clock.now()).toBe(10_000);
  });

  it('that passes during a slow look ends the wait without another', async () => {
    const clock = fakeClock(0);
    const look = (): Promise<Look> => {
      clock.advance(60_000);
      return Promise.resolve(running);
    };
    const { seen, error } = await watch([], { clock, look, timeoutMs: 10_000 });
    expect(error).toBeInstanceOf(StillRunningError);
    expect(seen).toEqual([running]);
    expect(clock.waits).toEqual([]);
  });

  it('does not matter to what is ready at last', async () => {
    expect(statesOf(await watch([running, ready], { timeoutMs: 1000 }))).toEqual(['running', 'ready']);
  });

  it('of no time at all is one look', async () => {
    const { error, looks } = await watch([running], { timeoutMs: 0 });
    expect(error).toBeInstanceOf(StillRunningError);
    expect(looks).toEqual([0]);
  });

  it('is not reached by an interval of no time at all', async () => {
    const { error, clock } = await watch([running, running, ready], {
      cadence: { floorMs: 0, ceilingMs: 0 },
    });
    expect(error).toBeUndefined();
    expect(clock.waits).toEqual([1, 1]);
  });

  it('is met exactly, whatever the cadence', async () => {
    const cadence = fc
      .tuple(fc.integer({ min: 100, max: 60_000 }), fc.integer({ min: 0, max: 600_000 }))
      .map(([floorMs, more]) => ({ floorMs, ceilingMs: floorMs + more }));
    await fc.assert(
      fc.asyncProperty(cadence, fc.integer({ min: 0, max: 1_000_000 }), async (limits, timeoutMs) => {
        const { error, clock, looks } = await watch([running], { cadence: limits, timeoutMs });
        expect(error).toBeInstanceOf(StillRunningError);
        expect(clock.now()).toBe(timeoutMs);
        expect(looks).toHaveLength(clock.waits.length + 1);
        // All but the last wait, which the deadline cuts short, keep to the floor.
        for (const wait of clock.waits.slice(0, -1)) expect(wait).toBeGreaterThanOrEqual(limits.floorMs);
      }),
    );
  });
});

describe('a status word that nobody knows', () => {
  it('is waited on four times, and then an error', async () => {
    const watched = await watch([{ state: 'unknown', word: 'archived' }]);
    expect(watched.error).toBeInstanceOf(ProtocolError);
    expect(watched.error).toMatchObject({
      message: 'the provider\'s status "archived" is not in the profile',
    });
    expect(statesOf(watched)).toEqual(['unknown', 'unknown', 'unknown', 'unknown']);
    expect(watched.clock.waits).toHaveLength(4);
    expect(watched.clock.waits.every((wait) => wait >= 4000)).toBe(true);
  });

  it('that passes is forgotten', async () => {
    const odd: Look = { state: 'unknown', word: 'deploying' };
    expect(statesOf(await watch([odd, odd, running, ready]))).toEqual([
      'unknown',
      'unknown',
      'running',
      'ready',
    ]);
  });
});

describe('an error that may pass', () => {
  it('fails the export when it has not passed after ten looks', async () => {
    const watched = await watch([interrupted]);
    expect(statesOf(watched)).toEqual([...Array.from({ length: 9 }, () => 'running'), 'failed']);
    expect(watched.clock.waits).toHaveLength(9);
  });

  it('is forgotten when the export goes on', async () => {
    const script = [...times(9, interrupted), running, ...times(9, interrupted), ready];
    expect(statesOf(await watch(script))).toEqual([...Array.from({ length: 19 }, () => 'running'), 'ready']);
  });
});

describe('ready without a link', () => {
  const lacking: Look = { state: 'ready', word: 'Available', links: undefined };

  it('is waited on, and then an error', async () => {
    const watched = await watch([lacking]);
    expect(watched.error).toMatchObject({ message: 'the provider says "Available" but gives no link' });
    expect(statesOf(watched)).toEqual(['running', 'running', 'running', 'running']);
  });

  it('becomes ready with its link', async () => {
    expect(statesOf(await watch([lacking, lacking, ready]))).toEqual(['running', 'running', 'ready']);
  });
});

describe('an export that is not there', () => {
  it('is not there yet within the grace, and gone after it', async () => {
    const watched = await watch([gone], { graceMs: 10_000 });
    expect(statesOf(watched)).toEqual(['queued', 'queued', 'queued', 'gone']);
    expect(watched.looks).toEqual([0, 4000, 8000, 12_000]);
  });

  it('may turn up within the grace', async () => {
    expect(statesOf(await watch([gone, running, ready], { graceMs: 60_000 }))).toEqual([
      'queued',
      'running',
      'ready',
    ]);
  });

  it('is gone at once without a grace', async () => {
    expect(statesOf(await watch([gone]))).toEqual(['gone']);
  });
});

describe('the percentage', () => {
  it('never goes back, whatever the provider says', async () => {
    const percent = fc.option(fc.double({ min: 0, max: 100, noNaN: true }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(percent, { minLength: 1, maxLength: 30 }), async (percents) => {
        const script = percents.map((value) =>
          value === undefined ? running : { ...running, percent: value },
        );
        const { seen } = await watch([...script, ready]);
        const shown = seen.map(({ percent }) => percent).filter((value) => value !== undefined);
        expect(shown).toHaveLength(percents.filter((value) => value !== undefined).length);
        expect(shown).toEqual(shown.toSorted((a, b) => a - b));
        expect(Math.max(0, ...shown)).toBe(Math.max(0, ...percents.map((value) => value ?? 0)));
      }),
    );
  });

  it('that grows shortens a long wait', async () => {
    const slow = times(60, running);
    const [without, along] = await Promise.all(
      [
        [...slow, running, running, ready],
        [...slow, { ...running, percent: 90 }, { ...running, percent: 99 }, ready],
      ].map(async (script) => (await watch(script)).clock.waits.at(-1)!),
    );
    expect(along).toBeLessThan(without! / 2);
  });
});

describe('looking once', () => {
  it.each<[Look, string]>([
    [running, 'running'],
    [{ state: 'unknown', word: 'archived' }, 'unknown'],
    [ready, 'ready'],
    [{ ...ready, links: [] }, 'empty'],
    [{ ...ready, links: undefined }, 'running'],
    [interrupted, 'running'],
    [gone, 'gone'],
  ])('tells what is there, without a wait: %j', async (found, state) => {
    const watched = await watch([found], { once: true, graceMs: 60_000, timeoutMs: 0 });
    expect(watched.error).toBeUndefined();
    expect(statesOf(watched)).toEqual([state]);
    expect(watched.seen[0]).not.toHaveProperty('nextPollMs');
    expect(watched.clock.waits).toEqual([]);
  });
});

describe('what the provider asks to wait', () => {
  it('is waited, even past the ceiling', async () => {
    const { clock } = await watch([{ ...running, retryAfterMs: 300_000 }, ready], { random: () => 0 });
    expect(clock.waits).toEqual([300_000]);
  });

  it('is not shorter than the floor', async () => {
    const { clock } = await watch([{ ...running, retryAfterMs: 0 }, ready], { random: () => 0 });
    expect(clock.waits).toEqual([4000]);
  });
});

describe('an interruption', () => {
  it('ends a wait at once, with its reason', async () => {
    const controller = new AbortController();
    const reason = new InterruptedError('SIGINT');
    const began = performance.now();
    setTimeout(() => controller.abort(reason), 20);
    const { seen, error } = await watch([running], { clock: realClock, signal: controller.signal });
    expect(error).toBe(reason);
    expect(seen).toHaveLength(1);
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('that comes before a wait lets it not begin', async () => {
    const reason = new InterruptedError('SIGTERM');
    const { error, clock } = await watch([running], { signal: AbortSignal.abort(reason) });
    expect(error).toBe(reason);
    expect(clock.waits).toEqual([]);
  });
});
