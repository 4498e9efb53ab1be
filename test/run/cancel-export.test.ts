import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pLimit from 'p-limit';
import { expect, it, onTestFinished } from 'vitest';

import { defaultLayer, settle } from '../../src/config/settings.ts';
import type { Context } from '../../src/context.ts';
import { entryKey, type Entry } from '../../src/ledger/entry.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { cancelExport } from '../../src/run/cancel-export.ts';
import { serve } from '../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf } from '../helpers/api.ts';

const AT = '2024-05-06T07:08:09.000Z';

it.each([
  ['notes that the export is over', false],
  ['leaves alone what was started while the provider thought about it', true],
])('cancel %s', async (_, isReplaced) => {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-ledger-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const world = apiWorld();
  const context: Context = { ...world.context, env: { XDG_STATE_HOME: state }, pid: process.pid };
  const ledger = new Ledger(context);
  const entry: Entry = {
    v: 1,
    provider: 'mytracker-raw',
    api: 'https://api.example',
    parameters: 'abc',
    id: '99',
    state: 'underway',
    output: '/out',
    options: { keepCompressed: false, name: '' },
    createdAt: AT,
    updatedAt: AT,
  };
  const newer = { ...entry, id: '100' };
  await ledger.write(entry, { durable: false });
  const { origin } = await serve(() => {
    const path = join(ledger.directory, `${entryKey(newer)}.json`);
    if (isReplaced) writeFileSync(path, JSON.stringify(newer));
    return { body: { code: 200, message: 'Ok', data: {} } };
  });
  const account = accountOf('mytracker-raw', { baseUrl: origin, userId: '7' }, { secretKey: 'hush-hush' });
  const service = serviceOf(account, { ...world, context });
  const { settings } = settle([defaultLayer(context)], '/');
  const outcome = await cancelExport(
    { account, id: '99', settings, entry },
    { context, report: () => undefined, ledger, service: () => service, polling: () => pLimit(1) },
  );
  expect(outcome.failures).toEqual([]);
  const noted = (await ledger.list()).map(({ id, outcome: end }) => [id, end]);
  expect(noted).toEqual([isReplaced ? ['100', undefined] : ['99', 'cancelled']]);
});
