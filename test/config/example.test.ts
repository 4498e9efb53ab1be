import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

import { flags } from '../../src/config/flags.ts';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { createWorld } from './world.ts';

const EXAMPLE = fileURLToPath(new URL('../../.exportpollrc.example', import.meta.url));

test('the example loads without problems and has every option', async () => {
  const configuration = await createWorld().load({}, EXAMPLE);
  expect(configuration.problems).toEqual([]);
  const [file] = configuration.files;
  expect(Object.keys(file?.data ?? {}).sort()).toEqual(
    [...flags.map(({ name }) => name), 'exports', 'providers'].sort(),
  );
  expect(Object.keys(file?.data.providers ?? {})).toEqual(expect.arrayContaining([...builtinNames]));
  const perExport = Object.values(file?.data.exports ?? {}).flatMap((entry) => Object.keys(entry));
  expect(new Set(perExport)).toEqual(
    new Set(['provider', 'id', 'start', ...flags.filter((flag) => flag.perExport).map(({ name }) => name)]),
  );
});

test('what the example says of defaults is true', async () => {
  const { data } = (await createWorld().load({}, EXAMPLE)).files[0] ?? {};
  for (const { name, defaultText } of flags) {
    if (name === 'output' || defaultText === undefined) continue;
    expect(`${name}: ${data?.[name]}`).toBe(`${name}: ${defaultText}`);
  }
  expect(readFileSync(EXAMPLE, 'utf8')).not.toContain('\t');
});
