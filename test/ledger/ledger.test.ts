import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished, vi } from 'vitest';

import { entryKey, type Entry } from '../../src/ledger/entry.ts';
import { NO_HOME } from '../../src/context.ts';
import { CannotCreateError, ConfigError, ExportpollError, IoError } from '../../src/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';

const AT = '2024-05-06T07:08:09.000Z';

function entry(more: Partial<Entry> = {}): Entry {
  return {
    v: 1,
    provider: 'raw',
    api: 'https://api.example',
    name: 'payments',
    file: '/project/.exportpollrc',
    parameters: 'abc',
    id: '99',
    state: 'underway',
    output: '/out',
    options: { keepCompressed: false, name: '{name}' },
    createdAt: AT,
    updatedAt: AT,
    ...more,
  };
}

async function emptyLedger(): Promise<{ ledger: Ledger; other: Ledger }> {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-ledger-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const world = { env: { XDG_STATE_HOME: state }, home: '/', pid: process.pid };
  return { ledger: new Ledger(world), other: new Ledger(world) };
}

const finish = (current: Entry): Entry => ({ ...current, state: 'finished', outcome: 'ready' });

it('changes an entry that is still that of the export', async () => {
  const { ledger } = await emptyLedger();
  await ledger.write(entry(), { durable: false });
  expect(await ledger.update(entry(), finish)).toBe(true);
  expect(await ledger.list()).toEqual([finish(entry())]);
  expect(await ledger.update(entry(), () => undefined)).toBe(true);
  expect(await readdir(ledger.directory)).toEqual([]);
});

it('leaves a newer entry alone, and changes the one that the export has been moved to', async () => {
  const { ledger } = await emptyLedger();
  const { name: _, file: __, parameters: ___, ...moved } = entry();
  const newer = entry({ id: '100' });
  await ledger.write(newer, { durable: false });
  expect(await ledger.update(entry(), finish)).toBe(false);
  await ledger.write(moved, { durable: false });
  expect(await ledger.update(entry(), finish)).toBe(true);
  expect(await ledger.find(newer)).toEqual(newer);
  expect(await ledger.find(moved)).toEqual(finish(moved));
});

it.each([
  ['that is known by its id alone', { name: undefined, file: undefined, parameters: undefined }, 1],
  ['without an id', { id: undefined }, 1],
  ['of a named export', {}, 2],
])('looks for an entry %s in each place once', async (_, more, places) => {
  const { ledger } = await emptyLedger();
  const lock = vi.spyOn(ledger, 'lock');
  expect(await ledger.update(entry(more), finish)).toBe(false);
  expect(lock).toHaveBeenCalledTimes(places);
});

it('leaves what another run works on to that run', async () => {
  const { ledger, other } = await emptyLedger();
  await ledger.write(entry(), { durable: false });
  const release = await other.lock(entry());
  expect(await ledger.update(entry(), finish)).toBe(false);
  expect(await other.update(entry(), finish)).toBe(true);
  await release();
  expect(await ledger.find(entry())).toEqual(finish(entry()));
});

it('does not write what a change throws for, and frees the lock', async () => {
  const { ledger, other } = await emptyLedger();
  await ledger.write(entry(), { durable: false });
  const change = (): never => {
    throw new Error('no');
  };
  await expect(ledger.update(entry(), change)).rejects.toThrow('no');
  expect(await other.update(entry(), (current) => current)).toBe(false);
  expect(await other.update(entry(), finish)).toBe(true);
});

it.each([
  ['is cut', '{"v": 1, "provider": '],
  ['is of a later version', JSON.stringify({ ...entry(), v: 2 })],
  ['has a time that is none', JSON.stringify({ ...entry(), updatedAt: 'yesterday' })],
  ['is empty', ''],
  ['is too large', ' '.repeat(1024 * 1024 + 1)],
])('takes a file that %s for no absent entry', async (_, text) => {
  const { ledger } = await emptyLedger();
  await mkdir(ledger.directory);
  const path = join(ledger.directory, `${entryKey(entry())}.json`);
  await writeFile(path, text);
  await expect(ledger.find(entry())).rejects.toThrow(ConfigError);
  await expect(ledger.find(entry())).rejects.toThrow(path);
  const told: string[] = [];
  expect(await ledger.list(({ message }) => told.push(message))).toEqual([]);
  expect(told).toEqual([expect.stringContaining(path)]);
});

it('takes what it may not read for no absent entry', async () => {
  const { ledger } = await emptyLedger();
  await writeFile(ledger.directory, '');
  // ENOTDIR: also for who may read everything.
  await expect(ledger.find(entry())).rejects.toThrow(IoError);
});

it('follows no link', async () => {
  const { ledger } = await emptyLedger();
  await mkdir(ledger.directory);
  await symlink('/dev/zero', join(ledger.directory, `${entryKey(entry())}.json`));
  await expect(ledger.find(entry())).rejects.toThrow('is no file');
});

it.each([{}, { XDG_STATE_HOME: '' }, { XDG_STATE_HOME: 'relative' }])(
  'knows nothing, and notes nothing, without a home and with %j',
  async (env) => {
    const ledger = new Ledger({ env, home: NO_HOME, pid: process.pid });
    expect(await ledger.list()).toEqual([]);
    expect(await ledger.find(entry())).toBeUndefined();
    await expect(ledger.lock(entry())).rejects.toThrow(ConfigError);
    await expect(ledger.write(entry(), { durable: true })).rejects.toMatchObject({
      exitCode: 78,
      hint: expect.stringContaining('XDG_STATE_HOME, or HOME'),
    });
  },
);

it('says where it may not be created what to set, which is not --output', async () => {
  // Nobody can create anything there, not even root.
  const ledger = new Ledger({ env: { XDG_STATE_HOME: '/proc' }, home: '/', pid: process.pid });
  const refused = { hint: expect.stringContaining('XDG_STATE_HOME') };
  await expect(ledger.lock(entry())).rejects.toThrow(CannotCreateError);
  await expect(ledger.lock(entry())).rejects.toMatchObject(refused);
  await expect(ledger.write(entry(), { durable: true })).rejects.toMatchObject(refused);
});

it('tells the disk’s refusal to remove an entry as an error of ours', async () => {
  const { ledger } = await emptyLedger();
  await mkdir(ledger.pathOf(entry()), { recursive: true });
  await expect(ledger.remove(entry())).rejects.toThrow(ExportpollError);
});
