import { expect, test } from 'vitest';

import { leftOut } from '../../src/config/known-exports.ts';
import { resolveTarget, resolveTargets } from '../../src/config/targets.ts';
import { UsageError } from '../../src/errors.ts';
import type { Entry } from '../../src/ledger/entry.ts';
import { createWorld } from './world.ts';

const ENTRY: Entry = {
  v: 1,
  provider: 'webadmit',
  api: 'https://api.example',
  parameters: 'a',
  id: '77',
  state: 'underway',
  output: '/out',
  options: { keepCompressed: false, name: '' },
  createdAt: '2024-05-06T00:00:00.000Z',
  updatedAt: '2024-05-07T00:00:00.000Z',
};

const CONFIGURATION = `
providers:
  nursing: { use: webadmit, apiKey: some-key }
exports:
  applicants: { provider: nursing, id: 86446/74780, output: data }
  payments: { provider: mytracker-raw, start: { event: payments } }
  "4": { provider: mytracker-raw, id: 4 }
  homeless: { id: 5 }
`;

async function load(flags: Record<string, unknown> = {}, text = CONFIGURATION) {
  const world = createWorld();
  world.project(text);
  return await world.load(flags);
}

test.each([
  ['webadmit:86446/74780', {}, 'webadmit', '86446/74780'],
  ['nursing:1/2', {}, 'nursing', '1/2'],
  ['86446/74780', { provider: 'nursing' }, 'nursing', '86446/74780'],
  ['mytracker-raw:7', { provider: 'webadmit' }, 'mytracker-raw', '7'],
  ['applicants', {}, 'nursing', '86446/74780'],
  ['applicants', { provider: 'webadmit' }, 'nursing', '86446/74780'],
  ['4', { provider: 'webadmit' }, 'mytracker-raw', '4'],
  ['homeless', { provider: 'mytracker-segment' }, 'mytracker-segment', '5'],
])('%s with %j is of %s', async (text, flags, provider, id) => {
  const target = resolveTarget(await load(flags), text);
  expect([target.account.name, target.id]).toEqual([provider, id]);
});

test('a named export has its own settings, an id those of the run', async () => {
  const configuration = await load();
  expect(resolveTarget(configuration, 'applicants').settings.output).toMatch(/\/data$/);
  expect(resolveTarget(configuration, 'nursing:1/2').settings).toEqual(configuration.settings);
});

test.each([
  [
    '86446',
    { provider: 'webadmit' },
    "is not an id of webadmit, which is the export's id and the export file's id",
  ],
  ['x86446/74780', { provider: 'webadmit' }, 'is not an id of webadmit'],
  ['webadmit:86446/74780\n', {}, 'is not an id of webadmit'],
  ['webadmit:1/2', { output: '-', exec: 'true' }, '--exec runs on files, and --output - leaves none on disk'],
  ['webadmit:', {}, 'is not an id of webadmit'],
  ['webadmit:../../x', {}, 'is not an id of webadmit'],
  ['rebilly:..', {}, 'is not an id of rebilly'],
  ['rebilly:.', {}, 'is not an id of rebilly'],
  ['webadmitt:1/2', {}, 'unknown provider "webadmitt" in "webadmitt:1/2"; did you mean "webadmit"?'],
  ['1/2', {}, 'no provider for "1/2", and no export of that name'],
  ['webadmit', {}, `"webadmit" is a provider, and needs an id: the export's id and the export file's id`],
  ['webadmit', { provider: 'nursing' }, '"webadmit" is a provider, and needs an id'],
  ['nursing', { provider: 'nursing' }, '"nursing" is a provider, and needs an id'],
  ['aplicants', {}, 'did you mean "applicants"?'],
  ['applicant', { provider: 'webadmit' }, 'with a slash between them; did you mean "applicants"?'],
  ['1/2', { provider: 'nobody' }, 'unknown provider "nobody"'],
  ['payments', {}, 'the export "payments" has no id yet'],
  ['homeless', {}, 'the export "homeless" has no provider'],
])('%j with %j is a mistake of usage', async (text, flags, message) => {
  const configuration = await load(flags);
  expect(() => resolveTarget(configuration, text)).toThrow(UsageError);
  expect(() => resolveTarget(configuration, text)).toThrow(message);
});

test('a provider without an id is told with an example of one, and no paths', async () => {
  const configuration = await createWorld().load();
  const hint = 'write it as webadmit:ID, for example webadmit:86446/74780';
  expect(() => resolveTarget(configuration, 'webadmit')).toThrow(expect.objectContaining({ hint }));
});

test('an id that is none is not taken for the name of an export', async () => {
  const configuration = await load({ provider: 'webadmit' });
  for (const text of ['86446', '86446/', 'webadmit:applicant'])
    expect(() => resolveTarget(configuration, text)).toThrow(/slash between them$/);
});

test('a word that the default provider may have given as an id is one, whatever else has that name', async () => {
  const target = resolveTarget(await load({ provider: 'rebilly' }), 'webadmit');
  expect([target.account.name, target.id]).toEqual(['rebilly', 'webadmit']);
});

test('an entry without an id is left out, and that is told', async () => {
  const configuration = await load();
  const hint = 'start it, and wait for it: exportpoll start payments --watch';
  expect(() => resolveTarget(configuration, 'payments')).toThrow(expect.objectContaining({ hint }));
  expect(leftOut(configuration, [])).toEqual([
    expect.stringMatching(/:6: exports\.payments has nothing under way and is left out/),
  ]);
});

test.each<[string, Partial<Entry>, readonly Partial<Entry>[], RegExp]>([
  ['its target', {}, [{ id: '78' }], /^webadmit:77 is left out: .* list --prune webadmit:77$/],
  [
    'its file where another has that target',
    {},
    [{ parameters: 'b' }],
    /--prune webadmit\.[0-9a-f]{16}\.json$/,
  ],
  [
    'its file where a shell would take the id for more',
    { id: '7 7' },
    [],
    /--prune webadmit\.[0-9a-f]{16}\.json$/,
  ],
  ['its file where the id is endless', { id: '7'.repeat(999) }, [], /--prune webadmit\.[0-9a-f]{16}\.json$/],
])('what nobody can go on with is forgotten by %s', async (_, more, others, sentence) => {
  const configuration = await load();
  const entries = [more, ...others].map((own) => ({ ...ENTRY, ...own }));
  expect(leftOut(configuration, entries)).toContainEqual(expect.stringMatching(sentence));
});

test('of a start without an answer it is told when that was sent last', async () => {
  const { id: _, ...rest } = ENTRY;
  expect(leftOut(await load(), [{ ...rest, state: 'starting' }])).toContainEqual(
    'webadmit may have been started at 2024-05-07T00:00:00.000Z and is left out; run its start again',
  );
});

test('without a target, every export that has an id is meant', async () => {
  const configuration = await load({ provider: 'mytracker-segment' });
  expect(resolveTargets(configuration, []).map(({ account, id }) => `${account.name}:${id}`)).toEqual([
    'mytracker-raw:4',
    'nursing:86446/74780',
    'mytracker-segment:5',
  ]);
  expect(resolveTargets(configuration, ['nursing:1/2', 'applicants'])).toHaveLength(2);
});
