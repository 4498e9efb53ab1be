import { expect, it } from 'vitest';

import { SyncAhead } from '../../src/download/sync-ahead.ts';

const MIB = 1024 * 1024;

/** A file whose disk answers when it is told to. */
function slowFile() {
  const syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const sync = async (): Promise<void> =>
    await new Promise<void>((resolve, reject) => syncs.push({ resolve, reject }));
  return { sync, syncs };
}

/** Long enough for what was answered to be noticed. */
const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

it('has the disk take a large file in steps', async () => {
  const { sync, syncs } = slowFile();
  const ahead = new SyncAhead({ sync }, 100 * MIB);
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
  const first = new SyncAhead(one, 0);
  const second = new SyncAhead(other, 0);
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

it('tells at the end what failed, and lets others go on', async () => {
  const { sync, syncs } = slowFile();
  const ahead = new SyncAhead({ sync }, 0);
  const failure = new Error('EIO');
  ahead.reached(8 * MIB);
  syncs[0]!.reject(failure);
  await expect(ahead.end()).rejects.toBe(failure);
  ahead.reached(16 * MIB);
  syncs[1]!.resolve();
  await expect(ahead.end()).rejects.toBe(failure);
});

it('leaves alone what is no file', async () => {
  const ahead = new SyncAhead({}, 0);
  ahead.reached(8 * MIB);
  await ahead.end();
});
