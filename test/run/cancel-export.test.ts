import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pLimit from 'p-limit';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Transport } from '../../src/api/transport/http.ts';
import { defaultLayer, settle } from '../../src/config/settings.ts';
import type { Context } from '../../src/context.ts';
import { ExitCode } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { entryKey, type Entry } from '../../src/ledger/entry.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { cancelExport } from '../../src/run/cancel-export.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { serve, type Reply } from '../helpers/answers.ts';
import { accountOf, apiWorld, realTransport, serviceOf } from '../helpers/api.ts';
import { UNDERWAY } from '../helpers/ledger.ts';

/** `cut` breaks the connection, `refused` never lets it be. */
type Answer = Reply | 'cut' | 'refused';

const cancelled: Reply = { body: { code: 200, message: 'Ok', data: {} } };
const refusal: Reply = { status: 400, body: { code: 400, message: 'already canceled' } };
const missing: Reply = { status: 404, body: { code: 404, message: 'no such export' } };
const saying = (status: string): Reply => ({ body: { code: 200, data: { status } } });

/** An export that is noted as under way, at a service with these answers to requests to cancel it, and to looks. */
async function exportWith(
  answers: readonly Answer[],
  look: Reply,
  onCancel: (ledger: Ledger) => void = () => undefined,
): Promise<{
  ledger: Ledger;
  look: () => Promise<unknown>;
  cancel: () => Promise<{ outcome: Outcome; events: readonly Event[]; asked: readonly string[] }>;
}> {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-ledger-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const left = [...answers];
  const asked: string[] = [];
  const { origin } = await serve(({ target }, response) => {
    const [, what = ''] = /(cancel|get)\.json/.exec(target) ?? [];
    asked.push(what);
    if (what === 'get') return look;
    onCancel(ledger);
    const answer = left.shift() ?? missing;
    if (typeof answer === 'object') return answer;
    response.destroy();
    return undefined;
  });
  const world = apiWorld(refusing(left));
  const context: Context = { ...world.context, env: { XDG_STATE_HOME: state }, pid: process.pid };
  const ledger = new Ledger(context);
  await ledger.write(UNDERWAY, { durable: false });
  const account = accountOf('mytracker-raw', { baseUrl: origin, userId: '7' }, { secretKey: 'hush-hush' });
  const service = serviceOf(account, { ...world, context });
  const { settings } = settle([defaultLayer(context)], '/');
  const events: Event[] = [];
  const cancel = async (): Promise<Outcome> =>
    await cancelExport(
      { account, id: '99', settings, entry: UNDERWAY },
      {
        context,
        report: (event) => void events.push(event),
        ledger,
        service: () => service,
        polling: () => pLimit(1),
      },
    );
  return {
    ledger,
    look: async () => await service.look('99', { urgency: 'poll', signal: context.signal }),
    cancel: async () => {
      asked.length = 0;
      return { outcome: await cancel(), events, asked };
    },
  };
}

/** Sends what is to be refused to a port where nobody listens. */
function refusing(left: Answer[]): Transport {
  const real = realTransport();
  return {
    send: async (request) => {
      if (left[0] !== 'refused') return await real.send(request);
      left.shift();
      return await real.send({ ...request, url: new URL('http://127.0.0.1:1/') });
    },
    close: async () => await real.close(),
  };
}

async function endOf(ledger: Ledger): Promise<string | undefined> {
  return (await ledger.list())[0]?.outcome;
}

function typed(events: readonly Event[], type: Event['type']): readonly Event[] {
  return events.filter((event) => event.type === type);
}

const HEARD: readonly [string, Answer][] = [
  ['a 502', { status: 502 }],
  ['a 408', { status: 408 }],
  ['a broken connection', 'cut'],
  ['a success that cannot be read', { headers: { 'content-type': 'text/html' }, body: '<p>Done</p>' }],
];
const NOT_HEARD: readonly [string, Answer][] = [
  ['no connection', 'refused'],
  ['a 429', { status: 429 }],
];
const CANCELLED: readonly [string, Reply][] = [
  ['cancelled', saying('Canceled by user')],
  ['gone', missing],
];
const OTHERS: readonly [string, Reply][] = [
  ['running', saying('In progress')],
  ['ready', saying('Success!')],
  ['not to be had', { status: 401 }],
];

describe.each([
  ['a refusal', refusal, ExitCode.usage],
  ['a 404', missing, ExitCode.gone],
] as const)('cancel, with %s', (_, answer, exitCode) => {
  it.each(
    HEARD.flatMap(([first, earlier]) =>
      CANCELLED.map((state) => [first, state[0], earlier, state[1]] as const),
    ),
  )('after %s, and the export %s, has cancelled it', async (__, ___, earlier, look) => {
    const { ledger, cancel } = await exportWith([earlier, answer], look);
    const { outcome, events, asked } = await cancel();
    expect(outcome.failures).toEqual([]);
    expect(asked).toEqual(['cancel', 'cancel', 'get']);
    expect(typed(events, 'export.status')).toMatchObject([{ state: 'cancelled' }]);
    expect(await endOf(ledger)).toBe('cancelled');
  });

  it.each(
    HEARD.flatMap(([first, earlier]) => OTHERS.map((state) => [first, state[0], earlier, state[1]] as const)),
  )('after %s, and the export %s, is what it says', async (__, ___, earlier, look) => {
    const { ledger, cancel } = await exportWith([earlier, answer], look);
    const { outcome, events, asked } = await cancel();
    expect(outcome.failures).toMatchObject([{ error: { exitCode } }]);
    expect(asked.slice(0, 3)).toEqual(['cancel', 'cancel', 'get']);
    expect(typed(events, 'export.status')).toEqual([]);
    expect(await endOf(ledger)).toBeUndefined();
  });

  it.each(
    NOT_HEARD.flatMap(([first, earlier]) =>
      [...CANCELLED, ...OTHERS].map((state) => [first, state[0], earlier, state[1]] as const),
    ),
  )('after %s, and the export %s, is what it says', async (__, state, earlier, look) => {
    const { ledger, cancel } = await exportWith([earlier, answer], look);
    const { outcome, asked } = await cancel();
    expect(outcome.failures).toMatchObject([{ error: { exitCode } }]);
    // A refusal is about an export that is there.
    expect(asked.includes('get')).toBe(answer === missing);
    const isNoted = answer === missing && ['cancelled', 'gone'].includes(state);
    expect(await endOf(ledger)).toBe(isNoted ? state : undefined);
  });
});

it('a request to cancel is not sent again unnoticed when its connection was an old one', async () => {
  const { look, cancel } = await exportWith(['cut', refusal], saying('Canceled by user'));
  // Enough for none to be new.
  for (let looks = 0; looks < 5; looks += 1) await look();
  const { outcome, asked } = await cancel();
  expect(outcome.failures).toEqual([]);
  expect(asked).toEqual(['cancel', 'cancel', 'get']);
});

describe('where it cannot be noted', () => {
  const spoil = ({ directory }: Ledger): void => {
    rmSync(directory, { recursive: true });
    writeFileSync(directory, '');
  };

  it('cancel tells that it has cancelled the export, and warns', async () => {
    const { cancel } = await exportWith([cancelled], missing, spoil);
    const { outcome, events } = await cancel();
    expect(outcome.failures).toEqual([]);
    expect(events).toEqual([
      expect.objectContaining({ type: 'export.status', state: 'cancelled' }),
      expect.objectContaining({
        type: 'warning',
        id: '99',
        message: expect.stringMatching(/^it was cancelled, but that cannot be noted: /),
      }),
    ]);
  });

  it('cancel says that the export is gone all the same', async () => {
    const { cancel } = await exportWith([missing], missing, spoil);
    const { outcome, events } = await cancel();
    expect(outcome.failures).toMatchObject([{ error: { exitCode: ExitCode.gone } }]);
    expect(typed(events, 'warning')).toMatchObject([
      { message: expect.stringMatching(/^it is gone, but that cannot be noted: /) },
    ]);
  });
});

it.each([
  ['failed', 'cancelled'],
  ['ready', 'ready'],
])('an export that a watch has noted as %s meanwhile is noted as %s', async (byNow, noted) => {
  const finished: Entry = { ...UNDERWAY, state: 'finished', outcome: byNow };
  const { ledger, cancel } = await exportWith([cancelled], missing, (known) =>
    writeFileSync(known.pathOf(UNDERWAY), JSON.stringify(finished)),
  );
  expect((await cancel()).outcome.failures).toEqual([]);
  expect(await endOf(ledger)).toBe(noted);
});

it.each([
  ['notes that the export is over', false],
  ['leaves alone what was started while the provider thought about it', true],
])('cancel %s', async (_, isReplaced) => {
  const newer = { ...UNDERWAY, id: '100' };
  const { ledger, cancel } = await exportWith([cancelled], missing, ({ directory }) => {
    if (isReplaced) writeFileSync(join(directory, `${entryKey(newer)}.json`), JSON.stringify(newer));
  });
  expect((await cancel()).outcome.failures).toEqual([]);
  const noted = (await ledger.list()).map(({ id, outcome: end }) => [id, end]);
  expect(noted).toEqual([isReplaced ? ['100', undefined] : ['99', 'cancelled']]);
});
