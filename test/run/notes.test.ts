import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pLimit from 'p-limit';
import { expect, it, onTestFinished } from 'vitest';

import { EmptyExportError, ExportFailedError, GoneError, StillRunningError } from '../../src/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { RunWorld } from '../../src/run/world.ts';
import { noteOutcome } from '../../src/run/notes.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { accountOf, apiWorld, serviceOf } from '../helpers/api.ts';
import { UNDERWAY } from '../helpers/ledger.ts';

async function worldOf(): Promise<RunWorld> {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-ledger-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const world = apiWorld();
  const context = { ...world.context, env: { XDG_STATE_HOME: state }, pid: process.pid };
  const account = accountOf(
    'mytracker-raw',
    { baseUrl: 'http://127.0.0.1:1', userId: '7' },
    { secretKey: 'x' },
  );
  const service = serviceOf(account, { ...world, context });
  return {
    context,
    ledger: new Ledger(context),
    report: () => undefined,
    service: () => service,
    polling: () => pLimit(1),
  };
}

const ENDS = {
  ready: { files: 1, errors: [] },
  empty: { files: 0, errors: [new EmptyExportError('no data')] },
  failed: { files: 0, errors: [new ExportFailedError('failed')] },
  gone: { files: 0, errors: [new GoneError('gone')] },
  running: { files: 0, errors: [new StillRunningError('still')] },
};

function outcomeOf(end: keyof typeof ENDS): Outcome {
  const { files, errors } = ENDS[end];
  return { subject: 'a:1', files, bytes: 0, failures: errors.map((error) => ({ error, told: false })) };
}

it.each([
  // By now, this run, what is noted then.
  [undefined, 'ready', 'ready'],
  [undefined, 'empty', 'empty'],
  [undefined, 'failed', 'failed'],
  [undefined, 'gone', 'gone'],
  [undefined, 'running', undefined],
  ['cancelled', 'ready', 'ready'],
  ['cancelled', 'empty', 'empty'],
  ['cancelled', 'failed', 'cancelled'],
  ['cancelled', 'gone', 'cancelled'],
  ['cancelled', 'running', 'cancelled'],
  ['failed', 'ready', 'ready'],
  ['failed', 'gone', 'failed'],
  ['gone', 'ready', 'ready'],
  ['gone', 'failed', 'gone'],
  ['ready', 'ready', 'ready'],
  ['ready', 'empty', 'ready'],
  ['ready', 'failed', 'ready'],
  ['ready', 'gone', 'ready'],
  ['empty', 'gone', 'empty'],
] as const)('noted as %s by now, and ended as %s, an export is noted as %s', async (byNow, end, noted) => {
  const finished = byNow && ({ ...UNDERWAY, state: 'finished', outcome: byNow } as const);
  // Whether it was so before this run began, or is so only now.
  for (const known of finished === undefined ? [UNDERWAY] : [UNDERWAY, finished]) {
    const world = await worldOf();
    await world.ledger.write(finished ?? UNDERWAY, { durable: false });
    await noteOutcome({ entry: known, isNew: false }, outcomeOf(end), world);
    expect((await world.ledger.find(UNDERWAY))?.outcome).toBe(noted);
  }
});
