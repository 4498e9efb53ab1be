import pLimit from 'p-limit';
import { describe, expect, it } from 'vitest';

import { lookWithRetries, patienceOf } from '../../src/run/await-export.ts';
import type { Event } from '../../src/events.ts';
import type { Look } from '../../src/api/look.ts';
import { ProtocolError, TryAgainError } from '../../src/errors.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Settings } from '../../src/settings.ts';
import { serve, type Handler, type Reply } from '../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf } from '../helpers/api.ts';

const READY: Reply = { body: { export_files: { status: 'Available', download_url: 'https://s.example/f' } } };
const PAGE: Reply = { headers: { 'content-type': 'text/html' }, body: '<html>Back soon' };

/** Looks at an export of a service that answers like this; its clock's time passes by sleeps alone. */
async function lookAt(
  answers: Handler | readonly Reply[],
  { retries = 8, once = false } = {},
): Promise<{ found: Promise<Look>; requests: () => number; warnings: string[]; waits: readonly number[] }> {
  const { origin, seen } = await serve(answers);
  const world = apiWorld();
  const account = accountOf('webadmit', { baseUrl: origin }, { apiKey: 'k-31415' });
  const service = serviceOf(account, world);
  const events: string[] = [];
  const report = (event: Event): void => void (event.type === 'warning' && events.push(event.message));
  const target = { account, id: '1/2', settings: { retries } as Settings };
  const ledger = new Ledger(world.context);
  const running = {
    context: world.context,
    report,
    ledger,
    service: () => service,
    polling: () => pLimit(1),
  };
  const turn = { urgency: 'poll', signal: world.context.signal, patienceMs: patienceOf(once) } as const;
  const found = lookWithRetries(target, running, turn);
  await found.catch(() => undefined);
  return { found, requests: () => seen.length, warnings: events, waits: world.clock.waits };
}

describe('a look whose answer cannot be read', () => {
  it.each([
    ['a maintenance page', PAGE, 'is not JSON: <html>Back soon'],
    ['JSON that is cut', { body: '{"export_files": {"sta' }, 'is not JSON: {"export_files": {"sta'],
    ['nothing', { body: '' }, 'is empty'],
    [
      'bytes that are no gzip',
      { headers: { 'content-encoding': 'gzip' }, body: 'x' },
      'gzip coding is broken',
    ],
  ])('is taken again after %s, with a warning that says what came', async (_, reply, said) => {
    const { found, warnings, waits } = await lookAt([reply, reply, READY]);
    expect(await found).toMatchObject({ state: 'ready' });
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain(said);
    expect(warnings[0]).toMatch(/; trying again in 0\.\d s$/);
    expect(waits).toHaveLength(2);
  });

  it('ends as a protocol error after four more attempts', async () => {
    for (const once of [false, true]) {
      const { found, requests, warnings } = await lookAt([PAGE], { once });
      await expect(found).rejects.toThrow(ProtocolError);
      await expect(found).rejects.toMatchObject({ exitCode: 76 });
      expect(requests()).toBe(5);
      expect(warnings).toHaveLength(4);
    }
  });

  it.each([0, 1])('is taken no more than %d times again if --retries says so', async (retries) => {
    const { found, requests } = await lookAt([PAGE], { retries });
    await expect(found).rejects.toThrow(ProtocolError);
    expect(requests()).toBe(retries + 1);
  });

  it('does not end a restart that shows every kind of failure', async () => {
    const busy = { status: 503 };
    const { found } = await lookAt([busy, busy, busy, busy, busy, PAGE, { status: 502 }, PAGE, READY], {
      retries: 10,
    });
    expect(await found).toMatchObject({ state: 'ready' });
  });
});

describe('whoever looks once', () => {
  it('is told when the waits would take more than a minute together', async () => {
    const { found, waits } = await lookAt([{ status: 503, headers: { 'retry-after': '25' } }], {
      once: true,
    });
    await expect(found).rejects.toThrow(TryAgainError);
    expect(waits).toHaveLength(2);
  });
});
