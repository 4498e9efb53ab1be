import { expect, it } from 'vitest';

import { TransientError } from '../../../src/api/failures.ts';
import { RetryRow } from '../../../src/download/receive/retry-row.ts';
import { fakeClock } from '../../helpers/fake-clock.ts';

const failure = new TransientError('the connection was reset');
const { signal } = new AbortController();

function create(limits: { retries: number; patienceMs?: number }) {
  const clock = fakeClock();
  const warnings: TransientError[] = [];
  const row = new RetryRow({
    ...{ clock, signal, random: () => 1, ...limits },
    onRetry: (error) => void warnings.push(error),
    onResponse: () => undefined,
    onProgress: () => undefined,
  });
  /** A request fails that was sent after all others had failed. */
  const fail = async (error: unknown = failure): Promise<void> =>
    await row.failed(error, row.failures, signal);
  return { row, clock, warnings, fail };
}

it('is over after --retries failures, and stays so', async () => {
  const { fail, clock, warnings } = create({ retries: 2 });
  await fail();
  await fail();
  await expect(fail()).rejects.toBe(failure);
  await expect(fail()).rejects.toBe(failure);
  expect(clock.waits).toEqual([500, 1000]);
  expect(warnings).toHaveLength(2);
});

it('begins anew with a byte', async () => {
  const { row, fail, clock } = create({ retries: 1 });
  for (let times = 0; times < 5; times += 1) {
    await fail();
    row.progressed();
  }
  expect(clock.waits).toEqual([500, 500, 500, 500, 500]);
});

it('waits no longer than the patience in all', async () => {
  const { fail, clock } = create({ retries: 8, patienceMs: 2000 });
  await fail();
  await fail();
  await expect(fail()).rejects.toBe(failure);
  expect(clock.waits).toEqual([500, 1000]);
});

it('counts requests that fail together once, and lets all of them wait', async () => {
  const { row, fail, clock, warnings } = create({ retries: 1 });
  const since = row.failures;
  const together = Array.from({ length: 5 }, async () => await row.failed(failure, since, signal));
  await Promise.all(together);
  expect(warnings).toHaveLength(1);
  expect(clock.waits).toEqual([500]);
  await expect(fail()).rejects.toBe(failure);
});

it('has nothing to do with failures that do not pass', async () => {
  const { fail, warnings } = create({ retries: 8 });
  const last = new Error('damaged');
  await expect(fail(last)).rejects.toBe(last);
  expect(warnings).toEqual([]);
});
