import { expect, it, vi } from 'vitest';

import { SyncAhead } from '../../src/download/sync-ahead.ts';

const MIB = 1024 * 1024;

/** A file whose disk answers when it is told to. */
function slowFile() {
  const syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const sync = async (): Promise<void> =>
    await new Promise<void>((resolve, reject) => syncs.push({ resolve, reject }));
  return { sync, syncs };
}

const ignore = (): void => undefined;

/** Long enough for what was answered to be noticed. */
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

it('has the disk take a large file in steps', async () => {
  const { sync, syncs } = slowFile();
  const ahead = new SyncAhead({ sync }, 100 * MIB, ignore);
  for (const bytes of [100, 104, 107, 108, 109, 116, 117]) {
    ahead.reached(bytes * MIB);
    syncs.at(-1)?.resolve();
    await turn();
  }
  await ahead.end();
  expect(syncs).toHaveLength(2);
});

it('asks for one step at a time, whosever it is', async () => {
  const [one, other] = [slowFile(), slowFile()];
  const first = new SyncAhead(one, 0, ignore);
  const second = new SyncAhead(other, 0, ignore);
  first.reached(8 * MIB);
  first.reached(16 * MIB);
  second.reached(8 * MIB);
  expect([one.syncs, other.syncs].map(({ length }) => length)).toEqual([1, 0]);
  one.syncs[0]!.resolve();
  await first.end();
  second.reached(9 * MIB);
  other.syncs[0]!.resolve();
  await second.end();
  expect([one.syncs, other.syncs].map(({ length }) => length)).toEqual([1, 1]);
});

it('tells at once, and again at the end, what failed, and tries no more', async () => {
  const { sync, syncs } = slowFile();
  const onFailure = vi.fn();
  const ahead = new SyncAhead({ sync }, 0, onFailure);
  const failure = new Error('EIO');
  ahead.reached(8 * MIB);
  syncs[0]!.reject(failure);
  await turn();
  expect(onFailure).toHaveBeenCalledExactlyOnceWith(failure);
  ahead.reached(16 * MIB);
  await expect(ahead.end()).rejects.toBe(failure);
  expect(ahead.failure).toEqual({ error: failure });
  expect(syncs).toHaveLength(1);
});

it('does not keep others from the disk by what failed', async () => {
  const [one, other] = [slowFile(), slowFile()];
  const failed = new SyncAhead(one, 0, ignore);
  failed.reached(8 * MIB);
  one.syncs[0]!.reject(new Error('EIO'));
  await expect(failed.end()).rejects.toThrow('EIO');
  const next = new SyncAhead(other, 0, ignore);
  next.reached(8 * MIB);
  other.syncs[0]!.resolve();
  await next.end();
});

it('leaves alone what is no file', async () => {
  const ahead = new SyncAhead({}, 0, ignore);
  ahead.reached(8 * MIB);
  await ahead.end();
});
