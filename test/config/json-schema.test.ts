import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { schemaFiles } from '../../scripts/schema.ts';
import { flags } from '../../src/config/flags.ts';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { createWorld } from './world.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), 'utf8');
const EXAMPLE = read('.exportpollrc.example');

const ajv = new Ajv({ strict: false, allErrors: true });
const isConfig = ajv.compile(JSON.parse(read('schema/config.schema.json')) as object);
const isProfile = ajv.compile(JSON.parse(read('schema/profile.schema.json')) as object);

test.each(Object.entries(schemaFiles()))('schema/%s is what `npm run schema` writes', (name, text) => {
  expect(JSON.parse(read(`schema/${name}`))).toEqual(JSON.parse(text));
});

test('the example names the schema, which is in the package, and fits it', () => {
  const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(EXAMPLE) ?? [];
  expect(JSON.parse(read(path))).toHaveProperty('title');
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  expect(files).toContain('schema');
  expect(isConfig(parse(EXAMPLE))).toBe(true);
});

test('every setting is described, and every variable of every provider', () => {
  const schema = JSON.stringify(JSON.parse(read('schema/config.schema.json')));
  for (const { description } of flags) expect(schema).toContain(JSON.stringify(description).slice(1, -1));
  for (const name of builtinNames) {
    for (const { description } of Object.values(loadBuiltin(name).variables)) {
      expect(schema).toContain(JSON.stringify(description));
    }
  }
});

test.each([
  ['outptu: x'],
  ['ifExists: maybe'],
  ['force: maybe'],
  ['exports: { a: { id: 1, outptu: x } }'],
  ['exports: { a: { id: 1, concurrency: 3 } }'],
  ['exports: { "a b": { id: 1 } }'],
  ['exports: [a]'],
  ['providers: { webadmit: { apikey: x } }'],
  ['providers: { nursing: { use: webadmit, apikey: x } }'],
  ['providers: { webadmit: { baseUrl: { file: x } } }'],
  ['providers: { webadmit: { apiKey: { comand: [x] } } }'],
  ['providers: { Webadmit: { apiKey: x } }'],
])('an editor complains of %s, and so does the program', async (text) => {
  expect(isConfig(parse(text))).toBe(false);
  const world = createWorld();
  world.project(text);
  expect((await world.load()).problems).not.toEqual([]);
});

test.each([
  ['{ "$schema": "./node_modules/exportpoll/schema/config.schema.json", "retries": 3 }'],
  ['force: true\nifExists: skip\nconcurrency: 2\noutput: "${X}"'],
  ['ifExists: "${WHAT}"\nforce: "${WHETHER}"'],
  ['providers: { webadmit: { apiKey: "${KEY}", baseUrl: "https://api.webadmit.org" } }'],
  ['providers: { webadmit: { use: rebilly, organization: x } }'],
  ['providers: { nursing: { use: webadmit, apiKey: { file: key } } }'],
])('an editor has nothing against %s, nor has the program', async (text) => {
  expect(isConfig(parse(text)), JSON.stringify(isConfig.errors)).toBe(true);
  const world = createWorld({ X: 'x', WHAT: 'skip', WHETHER: 'yes', KEY: 'some-key' });
  world.project(text);
  expect((await world.load()).problems).toEqual([]);
});

test.each([...builtinNames])('the profile %s fits the schema of profiles', (name) => {
  const profile = parse(builtinText(name)) as Record<string, unknown>;
  expect(isProfile(profile), JSON.stringify(isProfile.errors)).toBe(true);
  expect(isProfile({ ...profile, titel: 'x' })).toBe(false);
  expect(isProfile({ ...profile, files: [] })).toBe(false);
  expect(isProfile({ ...profile, auth: [{ scheme: 'headr', header: 'x', value: 'y' }] })).toBe(false);
});

test('what an editor has nothing against is understood by the program, values apart', async () => {
  const keys = [...flags.map(({ name }) => name), 'outptu', 'exports', 'providers'];
  const world = createWorld();
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom(...keys), fc.oneof(fc.boolean(), fc.constant('x'), fc.constant([]))),
      async (data) => {
        world.write('home/work/.exportpollrc.json', JSON.stringify(data));
        const problems = (await world.load()).problems.map(({ message }) => message).join('\n');
        const isStrange = /is not a key that exists here|but is a list/.test(problems);
        const isContradiction = isConfig(data) ? isStrange : problems === '';
        expect(isContradiction).toBe(false);
      },
    ),
    { numRuns: 60 },
  );
});
