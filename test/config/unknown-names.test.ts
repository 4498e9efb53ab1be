import { expect, test } from 'vitest';

import { requireKnownFlags } from '../../src/config/unknown-names.ts';
import { UsageError } from '../../src/errors.ts';
import { createWorld } from './world.ts';

test.each([
  ['EXPORTPOLL_OUTPTU', 'EXPORTPOLL_OUTPUT'],
  ['EXPORTPOLL_WEBADMIT_APIKEY', 'EXPORTPOLL_WEBADMIT_API_KEY'],
  ['EXPORTPOLL_NURSING_KEY', 'EXPORTPOLL_NURSING_API_KEY'],
])('%s in the environment is warned of, with %s', async (name, meant) => {
  const world = createWorld({ [name]: 'secret-value' });
  world.project('providers: { nursing: { use: webadmit } }');
  const { problems, warnings } = await world.load();
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    `${name} is set in the environment, but means nothing; did you mean "${meant}"?`,
  ]);
});

test.each([
  'EXPORTPOLL_EXPORT_ID',
  'EXPORTPOLL_RETRIES',
  'EXPORTPOLL_NURSING_API_KEY',
  'EXPORTPOLL_ODD_WHATEVER',
  'OTHER',
])('%s is not', async (name) => {
  const world = createWorld({ [name]: '5' });
  world.project('providers: { nursing: { use: webadmit }, odd: { profile: nowhere.yaml } }');
  expect((await world.load()).warnings).toEqual([]);
});

test('a program that gives a flag which does not exist is told the nearest', () => {
  expect(() => requireKnownFlags({ output: 'x', interval: '5s' })).not.toThrow();
  expect(() => requireKnownFlags({ outptu: 'x' })).toThrow(UsageError);
  expect(() => requireKnownFlags({ outptu: 'x' })).toThrow('unknown flag "outptu"; did you mean "output"?');
});
