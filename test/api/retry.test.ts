import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { TransientError, UnreadableAnswerError } from '../../src/api/failures.ts';
import { noFailures, planRetry, retryDelay, retrying, type RetryPolicy } from '../../src/api/retry.ts';
import { DeniedError, InterruptedError, ProtocolError } from '../../src/errors.ts';
import { realClock } from '../../src/clock.ts';
import { fakeClock } from '../helpers/fake-clock.ts';

const HOUR = 3_600_000;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before a retry', () => {
  it('doubles from half a second to a minute, half of it random', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 50].map((failures) =>
      retryDelay(failures, undefined, () => 1),
    );
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(retryDelay(3, undefined, () => 0)).toBe(1000);
  });

  it('is between 250 ms and a minute when the server asks for none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), unit, (failures, random) => {
        const delay = retryDelay(failures, undefined, () => random);
        expect(delay).toBeGreaterThanOrEqual(250);
        expect(delay).toBeLessThanOrEqual(60_000);
      }),
    );
  });

  it('is what the server asks for and at most a second more, up to an hour', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1e12 }), unit, (asked, random) => {
        const delay = retryDelay(1, asked, () => random);
        const wanted = Math.min(Math.max(asked, 0), HOUR);
        expect(delay).toBeGreaterThanOrEqual(wanted);
        expect(delay).toBeLessThanOrEqual(wanted + 1000);
      }),
    );
  });
});

describe('the plan after a failure', () => {
  const busy = (retryAfterMs?: number): Error => new TransientError('busy', { retryAfterMs });
  const page = new UnreadableAnswerError('a page');
  /** The delays between the attempts that fail with these errors, up to the one that is not followed by another. */
  function delays(errors: readonly Error[], limits: { retries: number; patienceMs?: number }): number[] {
    const found: number[] = [];
    let streak = noFailures;
    for (const error of errors) {
      const next = planRetry(error, streak, { random: () => 1, ...limits });
      if (next === undefined) break;
      streak = next.streak;
      found.push(next.delayMs);
    }
    return found;
  }
  const many = (error: Error): Error[] => Array.from({ length: 20 }, () => error);

  it('is another attempt as often as --retries says', () => {
    expect(delays(many(busy()), { retries: 9 })).toHaveLength(9);
    expect(delays(many(busy()), { retries: 0 })).toEqual([]);
  });

  it('is at most four further ones for an answer that cannot be read', () => {
    expect(delays(many(page), { retries: 9 })).toEqual([500, 1000, 2000, 4000]);
    expect(delays(many(page), { retries: 2 })).toEqual([500, 1000]);
  });

  it('counts those apart from failures that pass', () => {
    const restart = [...Array.from({ length: 6 }, () => busy()), page, page, busy(), page, page, page];
    expect(delays(restart, { retries: 20 })).toHaveLength(11);
    expect(delays(restart, { retries: 7 })).toHaveLength(7);
  });

  it('is none for any other error', () => {
    for (const error of [new DeniedError('no'), new ProtocolError('odd'), new TypeError('bug')])
      expect(delays([error], { retries: 9 })).toEqual([]);
  });

  it('is none when the waits together would go beyond the patience', () => {
    const patienceMs = 60_000;
    expect(delays([busy(60_001)], { retries: 9, patienceMs })).toEqual([]);
    expect(delays([busy(60_000), busy()], { retries: 9, patienceMs })).toHaveLength(1);
    expect(delays(many(busy(25_000)), { retries: 9, patienceMs })).toHaveLength(2);
    expect(delays(many(busy()), { retries: 9, patienceMs })).toEqual([500, 1000, 2000, 4000, 8000, 16_000]);
  });
});

function policyOf(change: Partial<RetryPolicy> = {}): RetryPolicy & { told: [string, number][] } {
  const told: [string, number][] = [];
  return {
    clock: fakeClock(),
    random: () => 0,
    signal: new AbortController().signal,
    retries: 3,
    told,
    onRetry: ({ message }, delayMs) => told.push([message, delayMs]),
    ...change,
  };
}

/** Fails `times` times, then succeeds. */
function failing(
  times: number,
  retryAfterMs?: number,
): { attempt: () => Promise<string>; calls: () => number } {
  let calls = 0;
  return {
    calls: () => calls,
    async attempt() {
      calls += 1;
      await Promise.resolve();
      if (calls <= times) throw new TransientError(`no. ${calls}`, { retryAfterMs });
      return 'done';
    },
  };
}

describe('retrying', () => {
  it('asks once when all is well', async () => {
    const { attempt, calls } = failing(0);
    const policy = policyOf();
    expect(await retrying(attempt, policy)).toBe('done');
    expect(calls()).toBe(1);
    expect(policy.told).toEqual([]);
  });

  it('tells of each retry and waits before it', async () => {
    const clock = fakeClock();
    const policy = policyOf({ clock });
    expect(await retrying(failing(3).attempt, policy)).toBe('done');
    expect(policy.told).toEqual([
      ['no. 1', 250],
      ['no. 2', 500],
      ['no. 3', 1000],
    ]);
    expect(clock.waits).toEqual([250, 500, 1000]);
  });

  it('waits as long as the server asks', async () => {
    const clock = fakeClock();
    await retrying(failing(1, 42_000).attempt, policyOf({ clock }));
    expect(clock.waits).toEqual([42_000]);
  });

  it('gives up with the last failure after as many retries as are allowed', async () => {
    const { attempt, calls } = failing(9);
    await expect(retrying(attempt, policyOf())).rejects.toThrow('no. 4');
    expect(calls()).toBe(4);
  });

  it('does not ask again with no retries allowed', async () => {
    const { attempt, calls } = failing(1);
    await expect(retrying(attempt, policyOf({ retries: 0 }))).rejects.toThrow('no. 1');
    expect(calls()).toBe(1);
  });

  it('does not ask again after a failure that does not pass', async () => {
    let calls = 0;
    const attempt = (): Promise<never> => {
      calls += 1;
      return Promise.reject(new DeniedError('no'));
    };
    await expect(retrying(attempt, policyOf())).rejects.toThrow(DeniedError);
    expect(calls).toBe(1);
  });

  it('stops waiting at once when it is aborted, with the reason', async () => {
    const controller = new AbortController();
    const reason = new InterruptedError('SIGTERM');
    const policy = policyOf({
      clock: realClock,
      signal: controller.signal,
      onRetry: () => void setTimeout(() => controller.abort(reason), 5),
    });
    const began = performance.now();
    await expect(retrying(failing(9, HOUR).attempt, policy)).rejects.toBe(reason);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
