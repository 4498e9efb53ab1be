import { setMaxListeners } from 'node:events';

import { describe, expect, it } from 'vitest';

import { TransientError } from '../../src/api/failures.ts';
import { Quota, type Turn } from '../../src/api/quota.ts';
import type { RateLimit } from '../../src/api/rate-limit.ts';
import { InterruptedError } from '../../src/errors.ts';
import { settled, steppedClock } from '../helpers/stepped-clock.ts';

const HOUR = 3_600_000;

function world(limits: readonly RateLimit[] = []) {
  const clock = steppedClock();
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const quota = new Quota(limits, { clock, random: () => 0.5 });
  /** Who had a turn, and when; each enters and leaves at once. */
  const order: [string, number][] = [];
  const pass = async (name: string, turn: Partial<Turn> = {}): Promise<void> => {
    const leave = await quota.enter({ urgency: 'poll', signal: controller.signal, ...turn });
    order.push([name, clock.now()]);
    leave();
  };
  const enter = async (signal = controller.signal): Promise<() => void> =>
    await quota.enter({ urgency: 'poll', signal });
  return { clock, controller, quota, order, pass, enter };
}

describe('a turn', () => {
  it('comes at once without limits', async () => {
    const { order, pass } = world();
    await pass('a');
    expect(order).toEqual([['a', 0]]);
  });

  it('comes to those that wait in their order, and to the urgent ones before them', async () => {
    const { clock, order, pass } = world([{ requests: 2, perMs: 1000 }]);
    void pass('first');
    void pass('second');
    void pass('third');
    void pass('renewal', { urgency: 'urgent' });
    await clock.pass(10_000);
    expect(order.map(([name]) => name)).toEqual(['first', 'renewal', 'second', 'third']);
  });

  it('comes to sixteen at a time, and to the next one when one of them has left', async () => {
    const { enter } = world();
    const leaves: (() => void)[] = [];
    for (let count = 0; count < 20; count += 1) void enter().then((leave) => leaves.push(leave));
    await settled();
    expect(leaves).toHaveLength(16);
    leaves[0]!();
    leaves[0]!();
    await settled();
    expect(leaves).toHaveLength(17);
  });

  it('is not waited for after the end of the run', async () => {
    const { quota, controller, pass } = world();
    quota.refused(HOUR);
    const waiting = pass('poll');
    controller.abort(new InterruptedError('SIGINT'));
    await expect(waiting).rejects.toThrow(InterruptedError);
    await expect(pass('later')).rejects.toThrow(InterruptedError);
  });

  it('that an abort ends does not hold up the others', async () => {
    const { clock, order, pass, quota } = world();
    const gone = new AbortController();
    quota.refused(HOUR);
    const aborted = pass('gone', { signal: gone.signal });
    void pass('here');
    gone.abort(new InterruptedError('SIGTERM'));
    await expect(aborted).rejects.toThrow(InterruptedError);
    await clock.pass(HOUR);
    expect(order).toEqual([['here', HOUR]]);
  });
});

describe('a refusal for asking too often', () => {
  it('makes everybody wait for as long as it says', async () => {
    const { clock, quota, order, pass } = world();
    quota.refused(30_000);
    void pass('poll');
    void pass('renewal', { urgency: 'urgent' });
    await clock.pass(40_000);
    expect(order).toEqual([
      ['renewal', 30_000],
      ['poll', 30_000],
    ]);
  });

  it('is believed for an hour at most', async () => {
    const { clock, quota, order, pass } = world();
    quota.refused(1e12);
    void pass('poll');
    await clock.pass(2 * HOUR);
    expect(order).toEqual([['poll', HOUR]]);
  });

  it('without a time makes them wait longer each time, until an answer comes', async () => {
    const { clock, quota, order, pass } = world();
    for (const said of ['refused', 'refused', 'refused', 'answered', 'refused'] as const) {
      if (said === 'refused') quota.refused(undefined);
      else quota.answered();
      void pass(said);
      await clock.pass(10_000);
    }
    expect(order.map(([, at]) => at % 10_000)).toEqual([375, 750, 1500, 0, 375]);
  });

  it('is told at once to whoever has not the time', async () => {
    const { clock, quota, order, pass } = world();
    quota.refused(61_000);
    const hasty = pass('hasty', { patienceMs: 60_000 });
    await expect(hasty).rejects.toThrow(TransientError);
    await expect(hasty).rejects.toMatchObject({ retryAfterMs: 61_000 });
    void pass('patient');
    await clock.pass(61_000);
    expect(order).toEqual([['patient', 61_000]]);
  });
});

it('the number of exports does not change the number of requests', async () => {
  const { clock, order, pass } = world([{ requests: 1000, perMs: HOUR }]);
  for (let index = 0; index < 3000; index += 1) void pass(String(index));
  await clock.pass(HOUR);
  expect(order.length).toBeLessThanOrEqual(500);
  expect(order.length).toBeGreaterThan(450);
});

it('a clock that is set back holds nobody up', async () => {
  const { order, pass, clock } = world([{ requests: 2, perMs: 1000 }]);
  await pass('before');
  clock.setBack(3_600_000);
  void pass('after');
  await clock.pass(3000);
  expect(order.map(([name]) => name)).toEqual(['before', 'after']);
});
