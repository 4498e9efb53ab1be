import { expect, test } from 'vitest';

import { createWorld } from './world.ts';

const many = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

test.each([
  ['keys', many(60_000, (i) => `k${i}: 1`), 'k0 is not a key that exists here'],
  [
    'variables',
    `providers:\n  webadmit:\n${many(30_000, (i) => `    v${i}: abcd`)}`,
    'providers.webadmit.v0 is not a variable',
  ],
  [
    'exports',
    `exports:\n${many(15_000, (i) => `  e${i}: { id: 1, provider: nope${i} }`)}`,
    'exports.e0.provider is an unknown provider',
  ],
])(
  'a file of thousands of wrong %s is read in no time, and the first of them are listed',
  async (_, text, first) => {
    const world = createWorld();
    world.project(text);
    const { problems } = await world.load();
    const lines = problems.flatMap(({ message }) => message.split('\n'));
    expect(lines[0]).toContain(first);
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatch(/^and \d+ more of this kind$/);
  },
);

test('a file has at most 1000 providers', async () => {
  const world = createWorld();
  const path = world.project(`providers:\n${many(1001, (i) => `  p${i}: { use: webadmit }`)}`);
  const { problems, files } = await world.load();
  expect(problems.map(({ message }) => message)).toEqual([
    `${path}:2: providers has 1001 entries, and may have 1000`,
  ]);
  expect(files).toEqual([]);
});

test('a key that stands twice in a map is refused, with the line of the second', async () => {
  const world = createWorld();
  const path = world.project('providers:\n  webadmit: {}\n  webadmit:\n    apiKey: abcdefgh');
  const { problems } = await world.load();
  expect(problems.map(({ message }) => message)).toEqual([`${path}:3: Map keys must be unique`]);
});
