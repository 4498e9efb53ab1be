import { expect, test } from 'vitest';

import { createWorld } from './world.ts';

function configured(start: string): Promise<string[]> {
  const world = createWorld();
  world.project(`exports:\n  nightly:\n    provider: rebilly\n    start: ${start}\n`);
  return world.load().then(({ problems }) => problems.map(({ message }) => message.slice(world.cwd.length)));
}

test.each([
  [`{ day: '{Today}' }`, 'start.day has {Today}, which is no date; did you mean {today}?'],
  [
    `{ range: { from: ['{tommorow}'] } }`,
    'start.range has {tommorow}, which is no date; did you mean {tomorrow}?',
  ],
  [`{ day: '{today@Mars/Base}' }`, 'start.day names a time zone that does not exist: Mars/Base'],
  [
    `{ day: {yesterday} }`,
    `start.day is {yesterday}, which YAML takes for an object: write '{yesterday}', in quotes`,
  ],
  [`{ range: { from: {today-7d} } }`, `start.range is {today-7d}, which YAML takes for an object`],
])('%s is a problem of the configuration', async (start, problem) => {
  expect(await configured(start)).toEqual([
    expect.stringContaining(`/.exportpollrc:4: exports.nightly.${problem}`),
  ]);
});

test.each([
  `{ day: '{tomorrow-1d@Europe/Berlin:unix}', text: '{{Today}}', query: '{ viewer { id } }' }`,
  `{ filter: { today: null, id: null }, other: { id: null }, none: null, number: 1 }`,
])('%s is none', async (start) => {
  expect(await configured(start)).toEqual([]);
});
