import { join } from 'node:path';

import { expect, test } from 'vitest';

import { createWorld } from './world.ts';

test('what would stop only who uses it shows when somebody looks, and no command is run', async () => {
  const world = createWorld();
  world.user(`
providers:
  webadmit: { apiKey: "\${NOPE}" }
  mytracker-raw: { userId: "1", secretKey: { file: nowhere } }
  personium: { baseUrl: "\${CELL}", token: { command: [touch, ran] } }
exports:
  a: { provider: webadmit, id: 1-2 }
  b: { provider: webadmit, id: 1/2 }
`);
  const configuration = await world.load();
  expect(configuration.problems).toEqual([]);
  const problems = (await configuration.inspect()).problems.map(({ message }) => message);
  expect(problems).toEqual([
    expect.stringContaining('/nowhere: there is no such file'),
    expect.stringContaining('personium.baseUrl needs CELL, which is not set'),
    expect.stringContaining('webadmit.apiKey needs NOPE, which is not set'),
    expect.stringContaining("exports.a.id is not the export's id and"),
  ]);
});

test('each provider in use says what it lacks, others do not', async () => {
  const world = createWorld({ EXPORTPOLL_REBILLY_API_KEY: 'some-key' });
  world.project('exports: { a: { provider: webadmit, id: 1/2 } }');
  const { missing, problems } = await (await world.load()).inspect();
  expect(problems).toEqual([]);
  expect(missing).toEqual([
    {
      key: 'providers.rebilly',
      value: 'incomplete',
      from: expect.stringContaining('rebilly needs organization: set'),
    },
    {
      key: 'providers.webadmit',
      value: 'incomplete',
      from: expect.stringContaining('webadmit needs apiKey: set'),
    },
  ]);
});

test('one mistake hides neither the other ones nor what is right', async () => {
  const world = createWorld();
  world.project('outptu: x\nretries: 3\nexec: rm\nproviders: { webadmit: { apikey: x } }');
  const { problems, settings } = await world.load();
  expect(settings.retries).toBe(3);
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('outptu is not a key'),
    expect.stringContaining('exec names a program'),
    expect.stringContaining('apikey is not a variable'),
  ]);
});

test('what is wrong in a file is told from top to bottom, whatever kind of mistake it is', async () => {
  const world = createWorld();
  const path = world.project(`
exec: rm
exports:
  a: { provider: webadmitt, id: 1 }
  b: { provider: rebilly, id: x, ouput: x }
  c: { provider: rebilly, start: { day: '{Today}' } }
interval: 5
providers:
  webadmit: { apikey: x }
  rebilly: { use: rebily }
outptu: x
`);
  const user = world.user('retries: many\nexports: { d: { id: 1, nope: 2 } }');
  const { problems } = await world.load();
  const places = problems.map(({ message }) => message.replace(/^(.*?:\d+): .*/s, '$1'));
  const lines = (of: string, numbers: readonly number[]): string[] => numbers.map((line) => `${of}:${line}`);
  expect(places).toEqual([...lines(path, [2, 4, 5, 6, 7, 9, 10, 11]), ...lines(user, [1, 2])]);
});

test('what nobody sets is shown as well, and the output of an export as it is in the end', async () => {
  const world = createWorld();
  const path = world.project('exports: { a: { id: 1, output: data } }');
  const rows = async (flags = {}) =>
    Object.fromEntries((await world.load(flags)).sources.map(({ key, value, from }) => [key, [value, from]]));
  expect(await rows()).toMatchObject({
    interval: ['(profile)', 'default'],
    maxInterval: ['(profile)', 'default'],
    timeout: ['(profile)', 'default'],
    maxBytes: ['none', 'default'],
    exec: ['none', 'default'],
    'exports.a.output': [join(world.cwd, 'data'), path],
  });
  expect(await rows({ output: 'flag' })).toMatchObject({
    'exports.a.output': [join(world.cwd, 'flag'), 'flag --output'],
  });
});

test('it is known where files were looked for', async () => {
  const world = createWorld();
  const { searched } = await world.load();
  expect(searched).toContain(`in ${world.cwd};`);
  expect(searched).toContain(join(world.home, '.config/exportpoll/config.yaml'));
});

async function inspected(text: string): Promise<{ problems: string[]; missing: object[] }> {
  const world = createWorld();
  const path = world.write('m.yaml', text);
  const configuration = await world.load({}, path);
  const { problems, missing } = await configuration.inspect();
  const told = [...configuration.problems, ...problems].map(({ message }) => message.replace(`${path}:`, ''));
  return { problems: told, missing: [...missing] };
}

const account = `providers: { mytracker-raw: { userId: '77658', secretKey: abcdefgh } }`;

test('a wrong name or value under start is told, and what is only missing is a note', async () => {
  const { problems, missing } = await inspected(`
${account}
exports:
  installs:
    provider: mytracker-raw
    start:
      evnt: installs
      selectors: [idDevice]
      dateFrom: '{yesterday}'
      dateTo: 'x'
`);
  expect(problems).toEqual([
    '7: exports.installs.start.evnt is no parameter; did you mean "event"?',
    expect.stringMatching(/^10: exports\.installs\.start\.dateTo cannot be "x": it is /),
  ]);
  expect(missing).toEqual([
    {
      key: 'exports.installs.start',
      value: 'incomplete',
      from: expect.stringMatching(/^needs event: .*; add it there, or give --param event=installs$/),
    },
  ]);
});

test('what start takes from the environment is looked at, too, also while the account is incomplete', async () => {
  const { problems } = await inspected(`
exports:
  installs:
    provider: mytracker-raw
    start: { event: '\${NOPE}', selectors: '\${NEITHER}', dateFrom: 7, dateTo: '{Today}' }
`);
  expect(problems).toEqual([
    expect.stringMatching(/^5: exports\.installs\.start\.dateTo has \{Today\}, which is no date/),
    '5: exports.installs.start.event needs NOPE, which is not set in the environment',
    '5: exports.installs.start.selectors needs NEITHER, which is not set in the environment',
    expect.stringMatching(/^5: exports\.installs\.start\.dateFrom cannot be "7"/),
  ]);
});

test('start for a provider that starts nothing is told', async () => {
  const { problems } = await inspected(`
providers:
  acme:
    profile:
      profile: 1
      name: acme
      title: Acme
      variables:
        baseUrl: { description: the API, default: 'https://acme.example' }
        token: { description: a token, secret: true }
      auth: [{ scheme: bearer, token: token }]
      id: { description: the id, pattern: '\\d+', example: '1' }
      status: { request: { url: '{+baseUrl}/{id}' }, state: body.state, states: { done: ready } }
      files: [{ each: body.files, url: item.url }]
    token: abcdefgh
exports:
  nightly: { provider: acme, start: {} }
`);
  expect(problems).toEqual(['17: exports.nightly.start is of no use: the profile of acme has no "start"']);
});
