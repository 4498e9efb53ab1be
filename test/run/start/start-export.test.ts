import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pLimit from 'p-limit';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { Account, Order, Target } from '../../../src/account.ts';
import { defaultLayer, settle } from '../../../src/config/settings.ts';
import type { Context } from '../../../src/context.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { loadBuiltin } from '../../../src/profiles/load-builtin.ts';
import type { Parameters } from '../../../src/profiles/parameter-value.ts';
import type { RunWorld } from '../../../src/run/world.ts';
import { noteOutcome } from '../../../src/run/notes.ts';
import type { Outcome } from '../../../src/run/outcome.ts';
import { startExport } from '../../../src/run/start/start-export.ts';
import { serve, type Handler, type Reply, type Seen } from '../../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf } from '../../helpers/api.ts';

/** What a start came to: all its failures, the ids that were followed, and the last of them. */
interface Started extends Outcome {
  readonly outcomes: number;
  readonly ids: readonly string[];
  readonly id: string | undefined;
}

interface Machine {
  /** Runs a start; with `watch` each export is over after `takesMs`. */
  readonly start: (order?: Partial<Order>, watch?: boolean, takesMs?: number) => Promise<Started>;
  readonly posts: () => Seen[];
  readonly ledger: Ledger;
  readonly waits: readonly number[];
  /** What was told, one line each. */
  readonly warnings: readonly string[];
}

const RAW = { event: 'installs', selectors: 'idDevice' };
const CUSTOMERS = { name: 'C', resource: 'customers', format: 'csv' };
const CREATED: Reply = { body: { code: 200, message: 'Ok', data: { idRawExport: '7' } } };
const REFUSAL = { code: 400, message: 'Bad Request', data: { error: { detail: 'No such event' } } };
const DIES: Handler = (_seen, response) => void response.destroy();

/** A machine with an empty ledger, and a service that answers like this. */
async function machine(
  account: (origin: string) => Account,
  parameters: Parameters,
  answer: Handler | readonly Reply[],
): Promise<Machine> {
  const state = await mkdtemp(join(tmpdir(), 'exportpoll-ledger-'));
  onTestFinished(async () => await rm(state, { recursive: true, force: true }));
  const { origin, seen } = await serve(answer);
  const world = apiWorld();
  let drawn = 0;
  const random = (): number => (drawn += 1) / 1024;
  const context: Context = { ...world.context, env: { XDG_STATE_HOME: state }, pid: process.pid, random };
  const opened = account(origin);
  const service = serviceOf(opened, { ...world, context });
  const ledger = new Ledger(context);
  const { settings } = settle([defaultLayer(context)], '/');
  const warnings: string[] = [];
  return {
    ledger,
    waits: world.clock.waits,
    warnings,
    posts: () => seen.filter(({ method }) => method === 'POST'),
    async start(more = {}, watch = false, takesMs = 0) {
      const ids: string[] = [];
      const order: Order = {
        account: opened,
        start: opened.profile.start!,
        parameters,
        settings,
        again: false,
        ...more,
      };
      const run: RunWorld = {
        context,
        report: (event) => {
          if (event.type === 'warning') warnings.push(event.message);
        },
        ledger,
        service: () => service,
        polling: () => pLimit(1),
      };
      const follow = async ({ id, entry }: Target): Promise<Outcome> => {
        ids.push(id);
        world.clock.advance(takesMs);
        const outcome = { subject: '', files: 0, bytes: 0, failures: [] };
        if (watch && entry !== undefined) await noteOutcome({ entry, isNew: false }, outcome, run);
        return outcome;
      };
      const outcomes = await startExport(order, { watch, follow }, run);
      const failures = outcomes.flatMap((outcome) => outcome.failures);
      return { subject: '', files: 0, bytes: 0, failures, outcomes: outcomes.length, ids, id: ids.at(-1) };
    },
  };
}

const raw = (origin: string): Account =>
  accountOf('mytracker-raw', { baseUrl: origin, userId: '7' }, { secretKey: 'hush-hush' });
const rebilly = (origin: string): Account =>
  accountOf('rebilly', { baseUrl: origin, organization: 'acme' }, { apiKey: 'hush-hush' });
const webadmit = (origin: string): Account =>
  accountOf('webadmit', { baseUrl: origin }, { apiKey: 'hush-hush' });
const personium = (origin: string): Account =>
  accountOf('personium', { baseUrl: origin }, { token: 'hush-hush' });

const errorsOf = ({ failures }: Outcome): [number, string][] =>
  failures.map(({ error }) => [error.exitCode, `${error.message} ${error.hint ?? ''}`]);

/** What a service with a list answers: what `posts` makes of the first, second … POST, and what is listed by then. */
function listing(posts: (() => Reply | undefined)[], list: () => unknown): Handler {
  let count = 0;
  return ({ method }, response) => {
    if (method === 'GET') return { body: list() };
    const reply = posts[Math.min(count, posts.length - 1)]?.();
    count += 1;
    if (reply === undefined) response.destroy();
    return reply;
  };
}

describe('a start that was surely refused', () => {
  it('is made again after a 429, when the service says so', async () => {
    const { start, posts, waits } = await machine(raw, RAW, [
      { status: 429, headers: { 'retry-after': '7' }, body: { code: 429, data: null } },
      CREATED,
    ]);
    expect(await start()).toMatchObject({ id: '7', failures: [] });
    expect(posts()).toHaveLength(2);
    expect(Math.max(...waits)).toBeGreaterThanOrEqual(7000);
  });

  it('leaves nothing in the ledger', async () => {
    const { start, ledger } = await machine(raw, RAW, [{ status: 400, body: REFUSAL }]);
    expect(errorsOf(await start())).toEqual([[2, expect.stringContaining('No such event')]]);
    expect(await ledger.list()).toEqual([]);
  });

  it.each([
    ['was finished', 'finished', false],
    ['is under way', 'underway', true],
  ] as const)('leaves the export before it, which %s, as it was', async (_, state, again) => {
    const { start, ledger } = await machine(raw, RAW, [CREATED, { status: 400, body: REFUSAL }]);
    await start();
    const before = (await ledger.list()).map((entry) => ({ ...entry, state }));
    for (const entry of before) await ledger.write(entry, { durable: false });
    expect(errorsOf(await start({ again }))).toEqual([[2, expect.stringContaining('No such event')]]);
    expect(await ledger.list()).toEqual(before);
  });

  it('because nobody listens is made again, and leaves nothing in the ledger', async () => {
    const { start, ledger, waits } = await machine(() => raw('http://127.0.0.1:1'), RAW, [CREATED]);
    expect(errorsOf(await start())).toEqual([[75, expect.stringContaining('ECONNREFUSED')]]);
    expect(waits).toHaveLength(8);
    expect(await ledger.list()).toEqual([]);
  });
});

describe('a start whose answer is lost, at a service that cannot be asked', () => {
  it.each<[string, Handler]>([
    ['a 300', () => ({ status: 300, body: {} })],
    ['a redirect without a place', () => ({ status: 302, body: {} })],
    ['a 304', () => ({ status: 304 })],
    [
      'a success with a word that nobody knows',
      () => ({ body: { code: 'accepted', data: { idRawExport: '7' } } }),
    ],
    ['a success with a code that is no status', () => ({ body: { code: 1, data: { idRawExport: '7' } } })],
    ['a connection that breaks', DIES],
    ['a gateway that gives up', () => ({ status: 504, body: 'gateway timeout' })],
    ['an error of the server', () => ({ status: 200, body: { code: 500, message: 'Oops', data: null } })],
    ['a page instead of an answer', () => ({ body: '<html>Sign in</html>' })],
    ['an answer without an id', () => ({ body: { code: 200, data: {} } })],
    ['an answer with an odd id', () => ({ body: { code: 200, data: { idRawExport: '../7' } } })],
  ])('is never made again by itself: %s', async (_, answer) => {
    const { start, posts, ledger } = await machine(raw, RAW, answer);
    for (const run of ['the first', 'the next']) {
      const outcome = await start();
      expect(errorsOf(outcome), run).toEqual([
        [2, expect.stringMatching(/may have been started at .*--again/)],
      ]);
      expect(posts(), run).toHaveLength(1);
    }
    expect(await ledger.list()).toEqual([expect.objectContaining({ state: 'starting' })]);
    await start({ again: true });
    expect(posts()).toHaveLength(2);
  });

  it('does not forget the export before it, which is still to be fetched', async () => {
    let count = 0;
    const { start, ledger } = await machine(raw, RAW, (_seen, response) => {
      count += 1;
      if (count === 1) return CREATED;
      response.destroy();
      return undefined;
    });
    await start();
    await start({ again: true });
    const left = (await ledger.list()).map(({ id, state }) => `${id} ${state}`);
    expect(new Set(left)).toEqual(new Set(['7 underway', 'undefined starting']));
  });
});

describe('a start whose answer is lost, at a service that lists its exports', () => {
  const item = (id: string): object => ({ ...CUSTOMERS, id });

  it('goes on with the export that was not there before', async () => {
    let listed = [item('exp_old')];
    const made = (): undefined => {
      listed = [item('exp_new'), ...listed, { ...CUSTOMERS, name: 'Other', id: 'exp_other' }];
    };
    const { start, posts, ledger } = await machine(
      rebilly,
      CUSTOMERS,
      listing([made], () => listed),
    );
    expect(await start()).toMatchObject({ id: 'exp_new', failures: [] });
    expect(posts()).toHaveLength(1);
    expect(await ledger.list()).toEqual([expect.objectContaining({ state: 'underway', id: 'exp_new' })]);
  });

  it('is made again where there is none, after the time in which one might still appear', async () => {
    const answer = listing([() => undefined, () => ({ status: 201, body: { id: 'exp_2' } })], () => []);
    const { start, posts, waits } = await machine(rebilly, CUSTOMERS, answer);
    expect(await start()).toMatchObject({ id: 'exp_2' });
    expect(posts()).toHaveLength(2);
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeGreaterThanOrEqual(10_000);
  });

  it('is for a person to decide where there are two', async () => {
    let listed: object[] = [];
    const made = (): undefined => {
      listed = [item('exp_1'), item('exp_2')];
    };
    const { start, posts } = await machine(
      rebilly,
      CUSTOMERS,
      listing([made], () => listed),
    );
    expect(errorsOf(await start())).toEqual([[2, expect.stringContaining('exp_1, exp_2')]]);
    expect(posts()).toHaveLength(1);
  });

  it('is not one that another order has made meanwhile', async () => {
    let listed: object[] = [];
    const made = (id: string) => (): Reply => {
      listed = [item(id), ...listed];
      return { status: 201, body: { id } };
    };
    const { start, posts, ledger } = await machine(
      rebilly,
      CUSTOMERS,
      listing([made('exp_1'), () => undefined, made('exp_2')], () => listed),
    );
    await start({ name: 'other', file: '/other' });
    // It came after what the second order saw.
    listed = [];
    const { settings } = settle([defaultLayer({ env: {}, cwd: '/' } as Context)], '/');
    await start({ settings: { ...settings, retries: 0 } });
    listed = [item('exp_1')];
    expect(await start()).toMatchObject({ id: 'exp_2', failures: [] });
    expect(posts()).toHaveLength(3);
    expect(new Set((await ledger.list()).map(({ id }) => id))).toEqual(new Set(['exp_1', 'exp_2']));
  });

  it('is for a person to decide where an older one may have moved into view', async () => {
    let listed = Array.from({ length: 100 }, (_, index) => item(`exp_${105 - index}`));
    const made = (): undefined => {
      listed = [...listed.filter((_, index) => index !== 50), item('exp_5')];
    };
    const { start, posts } = await machine(
      rebilly,
      CUSTOMERS,
      listing([made], () => listed),
    );
    for (const run of ['the first', 'the next']) {
      expect(errorsOf(await start()), run).toEqual([
        [2, expect.stringMatching(/exp_5 could be it, or be older/)],
      ]);
    }
    expect(posts()).toHaveLength(1);
  });

  it('is found in a list that is full, also where its others have other parameters', async () => {
    const others = Array.from({ length: 100 }, (_, index) => ({ ...CUSTOMERS, name: 'O', id: `o_${index}` }));
    let listed: object[] = others;
    const made = (): undefined => void (listed = [item('exp_1'), ...others.slice(0, 99)]);
    const { start } = await machine(
      rebilly,
      CUSTOMERS,
      listing([made], () => listed),
    );
    expect(await start()).toMatchObject({ id: 'exp_1', failures: [] });
  });

  it('is waited for no longer than the grace, whatever the clock says, and that is told', async () => {
    const answer = listing([() => undefined, () => ({ status: 201, body: { id: 'exp_2' } })], () => []);
    const { start, ledger, waits, warnings } = await machine(rebilly, CUSTOMERS, answer);
    const { settings } = settle([defaultLayer({ env: {}, cwd: '/' } as Context)], '/');
    expect(errorsOf(await start({ settings: { ...settings, retries: 0 } }))).toEqual([
      [75, expect.stringMatching(/the same command looks for it first.*--id ID.*--again/)],
    ]);
    for (const entry of await ledger.list()) {
      await ledger.write({ ...entry, updatedAt: '2024-05-06T09:08:09.000Z' }, { durable: false });
    }
    expect(await start()).toMatchObject({ id: 'exp_2' });
    expect(Math.max(...waits)).toBe(10_000);
    expect(warnings).toContain(
      'the export may have been started, and may appear late; looking again in 10.0 s',
    );
  });

  it('cannot be looked up by who may not list, but may be made', async () => {
    const denied: Handler = ({ method }) =>
      method === 'GET'
        ? { status: 403, body: {} }
        : { status: 201, headers: { location: '/x/exp_9' }, body: {} };
    expect(await (await machine(rebilly, CUSTOMERS, denied)).start()).toMatchObject({ id: 'exp_9' });
    const lost: Handler = ({ method }, response) => {
      if (method === 'GET') return { status: 403, body: {} };
      response.destroy();
      return undefined;
    };
    const { start, posts } = await machine(rebilly, CUSTOMERS, lost);
    expect(errorsOf(await start())).toEqual([[2, expect.stringContaining('may have been started')]]);
    expect(posts()).toHaveLength(1);
  });

  it('is made again at once where the same request gives the running export', async () => {
    const running = { export_files: { id: 5, export_id: 1, status: 'Queued' } };
    const answer = listing([() => undefined, () => ({ status: 201, body: running })], () => []);
    const { start, waits } = await machine(webadmit, { userIdentity: '3', exportId: '1' }, answer);
    expect(await start()).toMatchObject({ id: '1/5' });
    expect(Math.max(...waits)).toBeLessThan(2000);
  });
});

const refusal = (code: string): Reply => ({ status: 409, body: { code, message: { value: code } } });
const nameIn = ({ body }: Seen): string => (JSON.parse(body) as { Name: string }).Name;

describe('a start under a name of our own', () => {
  it('goes on with what is there under that name when the answer is lost', async () => {
    let name = '';
    const { start, posts } = await machine(personium, {}, (seen, response) => {
      if (seen.method === 'GET') {
        return { body: { status: 'exportation in progress', exportation_name: name, progress: '1%' } };
      }
      name = nameIn(seen);
      response.destroy();
      return undefined;
    });
    expect(await start()).toMatchObject({ id: name });
    expect(posts()).toHaveLength(1);
  });

  it('takes "already exists" for its own when it may have made it itself', async () => {
    let count = 0;
    const { start, posts } = await machine(personium, {}, (seen, response) => {
      if (seen.method === 'GET')
        return seen.target === '/__export' ? { body: { status: 'ready' } } : { status: 404 };
      count += 1;
      if (count > 1) return refusal('PR409-DV-0002');
      response.destroy();
      return undefined;
    });
    const { id } = await start();
    expect(new Set(posts().map(nameIn))).toEqual(new Set([id]));
  });

  it('chooses another one where that one is used up, and waits while the cell is busy', async () => {
    const { start, posts } = await machine(personium, {}, [
      refusal('PR409-MC-0001'),
      refusal('PR409-CM-0002'),
      { status: 202 },
    ]);
    const { id } = await start();
    const names = posts().map(nameIn);
    expect(new Set(names).size).toBe(2);
    expect(names.slice(1)).toEqual([id, id]);
    expect(id).toMatch(/^exportpoll_20240506_0708\d\d_[0-9a-f]{8}$/);
  });

  it('that the user chose and that is taken is told', async () => {
    const { start, posts } = await machine(personium, { Name: 'mine' }, [refusal('PR409-DV-0002')]);
    expect(errorsOf(await start())).toEqual([[2, expect.stringContaining('choose another name')]]);
    expect(posts()).toHaveLength(1);
  });
});

describe('a start under a name that is not its id', () => {
  const start = loadBuiltin('personium').start!;
  const find = {
    request: { ...start.request, method: 'GET' as const, json: undefined },
    each: 'body',
    id: 'item',
  };

  it.each([
    ['the same request gives the same export', { idempotent: true }],
    ['no new export is listed', { idempotent: false, find }],
  ])('has started one when the name is taken after a lost answer, where %s', async (_, more) => {
    let count = 0;
    const { start, posts, ledger } = await machine(
      (origin) => {
        const account = personium(origin);
        const own = { ...account.profile.start!, id: 'body.id', ...more };
        return { ...account, profile: { ...account.profile, start: own } };
      },
      {},
      ({ method }, response) => {
        if (method === 'GET') return { body: [] };
        count += 1;
        if (count > 1) return refusal('PR409-DV-0002');
        response.destroy();
        return undefined;
      },
    );
    for (const asked of [2, 3]) {
      expect(errorsOf(await start())).toEqual([
        [2, expect.stringMatching(/may have been started at .*the name it was given is taken.*--id ID/)],
      ]);
      expect(posts()).toHaveLength(asked);
    }
    expect(new Set(posts().map(nameIn)).size).toBe(1);
    expect(await ledger.list()).toEqual([expect.objectContaining({ state: 'starting' })]);
  });
});

describe('a start whose answer is lost, of an order that has other parameters by the next run', () => {
  const X = { name: 'x', file: '/f' };
  const DONE = { status: 200, headers: { 'content-type': 'application/zip' }, body: '' };

  /** A cell whose answers to starts are lost until it is `mended`; `has` says under which names it has exports. */
  async function cell(has: (name: string) => boolean): Promise<Machine & { mend: () => void }> {
    let isMended = false;
    const made = await machine(personium, {}, (seen, response) => {
      if (seen.target === '/__export' && seen.method === 'GET') return { body: { status: 'ready' } };
      if (seen.method !== 'POST') {
        return seen.target.endsWith('.zip') && has(seen.target) ? DONE : { status: 404 };
      }
      if (isMended) return { status: 202 };
      response.destroy();
      return undefined;
    });
    return { ...made, mend: () => void (isMended = true) };
  }

  it('is made with the new ones where the old one is not there, and the old one is forgotten', async () => {
    const { start, mend, posts, ledger, waits } = await cell(() => false);
    expect(errorsOf(await start(X))).toEqual([[75, expect.anything()]]);
    const before = posts().length;
    const waited = waits.length;
    mend();
    expect(await start({ ...X, parameters: { Name: 'other' } })).toMatchObject({ id: 'other', failures: [] });
    expect(posts().slice(before).map(nameIn)).toEqual(['other']);
    expect(await ledger.list()).toEqual([expect.objectContaining({ state: 'underway', id: 'other' })]);
    // The old one might have been about to appear.
    expect(waits.slice(waited).reduce((sum, wait) => sum + wait, 0)).toBeGreaterThan(5000);
  });

  it('is not made where the old one is there after all', async () => {
    let isThere = false;
    const { start, mend, posts } = await cell(() => isThere);
    await start(X);
    const before = posts().length;
    isThere = true;
    mend();
    const { id, failures } = await start({ ...X, parameters: { Name: 'other' } });
    expect([id, failures.map(({ error }) => error.exitCode)]).toEqual([nameIn(posts()[0]!), [8]]);
    expect(posts()).toHaveLength(before);
  });
});

describe('a start of a named export that is under way with other parameters', () => {
  const X = { name: 'x', file: '/f' };
  const OTHER = { ...X, parameters: { ...RAW, event: 'payments' } };
  const created = (id: string): Reply => ({ body: { code: 200, message: 'Ok', data: { idRawExport: id } } });

  it('finishes the old one, and then starts the new one', async () => {
    const { start, posts, ledger } = await machine(raw, RAW, [created('7'), created('8')]);
    expect(await start(X)).toMatchObject({ outcomes: 1, ids: ['7'] });
    expect(await start(OTHER, true)).toMatchObject({ outcomes: 2, ids: ['7', '8'], failures: [] });
    expect(posts()).toHaveLength(2);
    expect(await ledger.list()).toEqual([expect.objectContaining({ id: '8', state: 'finished' })]);
  });

  it('notes when the new one was asked for, and fills in the day on which the command began', async () => {
    const { start, posts, ledger } = await machine(raw, RAW, [created('7'), created('8')]);
    await start(X);
    const [first] = await ledger.list();
    const dated = { ...X, parameters: { ...RAW, dateFrom: '{today}' } };
    await start(dated, true, 30 * 3_600_000);
    const [second] = await ledger.list();
    const hours = (Date.parse(second?.createdAt ?? '') - Date.parse(first?.createdAt ?? '')) / 3_600_000;
    expect([second?.id, Math.floor(hours)]).toEqual(['8', 30]);
    expect(JSON.stringify(posts()[1])).toContain('2024-05-06');
    // The same order, on the day after it began, is still that one.
    expect(second?.wordsAsOf?.slice(0, 10)).toBe('2024-05-06');
  });

  it('looks for the new one, whose answer was lost, by the day on which that command began', async () => {
    const named = (id: string, name: string): object => ({ ...CUSTOMERS, id, name });
    const listed = [named('exp_1', 'C')];
    const lost = (): undefined =>
      void (listed.length === 1 && listed.unshift(named('exp_2', 'N 2024-05-06')));
    const posted = listing([() => ({ status: 201, body: { id: 'exp_1' } }), lost], () => listed);
    let isDown = false;
    const { start, ledger } = await machine(rebilly, CUSTOMERS, (seen, response) => {
      if (seen.method === 'POST') isDown = listed.length === 1 && seen.body.includes('N 2024');
      else if (isDown) return { status: 403 };
      return posted(seen, response);
    });
    await start(X);
    const dated = { ...X, parameters: { ...CUSTOMERS, name: 'N {today}' } };
    expect(errorsOf(await start(dated, true, 30 * 3_600_000))).toHaveLength(1);
    expect(await ledger.list()).toEqual([expect.objectContaining({ state: 'starting' })]);
    isDown = false;
    expect((await start(dated)).ids).toEqual(['exp_2']);
  });

  it('without --watch starts none, and ends with 8', async () => {
    const { start, posts } = await machine(raw, RAW, [created('7'), created('8')]);
    await start(X);
    const second = await start(OTHER);
    expect(second).toMatchObject({ outcomes: 1, ids: ['7'] });
    expect(errorsOf(second)).toEqual([[8, expect.stringContaining('with other parameters')]]);
    expect(posts()).toHaveLength(1);
  });
});

it('is not made where the ledger has something that cannot be read', async () => {
  const { start, posts, ledger } = await machine(raw, RAW, [CREATED]);
  await start();
  const [name = ''] = await readdir(ledger.directory);
  await truncate(join(ledger.directory, name), 20);
  expect(errorsOf(await start())).toEqual([[78, expect.stringContaining(name)]]);
  expect(posts()).toHaveLength(1);
});

it('two orders at once are one start and one 75', async () => {
  const { start, posts } = await machine(raw, RAW, [CREATED]);
  const outcomes = await Promise.all([start({ name: 'x', file: '/f' }), start({ name: 'x', file: '/f' })]);
  expect(outcomes.flatMap(errorsOf).map(([code]) => code)).toEqual([75]);
  expect(posts()).toHaveLength(1);
});

it('every built-in profile says what a start takes', () => {
  for (const name of ['mytracker-raw', 'mytracker-segment', 'webadmit', 'personium', 'rebilly']) {
    expect(Object.keys(loadBuiltin(name).start?.parameters ?? {}).length).toBeGreaterThan(0);
  }
});
