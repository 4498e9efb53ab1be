import { expect, test } from 'vitest';

import { createWorld } from '../world.ts';

const VALUE = 'wJalrXUtnFEMIbPxRfiCY';

test.each([
  ['provider: "${AWS_SECRET_ACCESS_KEY}"'],
  ['name: "${AWS_SECRET_ACCESS_KEY}"'],
  ['output: "${AWS_SECRET_ACCESS_KEY}"'],
  ['exports: { x: { id: 1, provider: "${AWS_SECRET_ACCESS_KEY}" } }'],
  ['providers: { rebilly: { organization: "${AWS_SECRET_ACCESS_KEY}", apiKey: abcdefgh } }'],
])('what a file found by search takes from the environment is masked: %s', async (text) => {
  const world = createWorld({ AWS_SECRET_ACCESS_KEY: VALUE });
  world.project(text);
  await world.load();
  expect(world.context.redactor.mask(`to ${VALUE}`)).toBe('to ***');
});

test.each([
  ['HOME', '/home/somebody'],
  ['CI_COMMIT_REF_NAME', 'release-2026'],
  ['API_ROOT', 'https://api.acme.example/v1'],
])('but %s stays readable', async (name, value) => {
  const world = createWorld({ [name]: value });
  world.project(`output: "out/\${${name}}"`);
  await world.load();
  expect(world.context.redactor.mask(value)).toBe(value);
});

test.each([
  ['name: "${AWS_SECRET_ACCESS_KEY}-{name}"'],
  ['output: "out-${REBILLY_JWT}"'],
  ['exports: { x: { id: 1, provider: rebilly, output: "${AWS_SECRET_ACCESS_KEY}" } }'],
])('a secret does not become the name of a file: %s', async (text) => {
  const env = { AWS_SECRET_ACCESS_KEY: VALUE, REBILLY_JWT: VALUE };
  for (const place of ['project', 'user'] as const) {
    const world = createWorld(env);
    world[place](text);
    const { settingProblems } = await world.load();
    expect(settingProblems.map(({ message }) => message).join()).toMatch(
      /(AWS_SECRET_ACCESS_KEY|REBILLY_JWT) in it: a name is seen by everybody/,
    );
  }
});

test('a name may hold anything else', async () => {
  const world = createWorld({ DEPLOYMENT: 'production', CI_COMMIT_REF_NAME: 'release' });
  world.project('name: "${DEPLOYMENT}-{name}"\noutput: "out/${CI_COMMIT_REF_NAME}"');
  expect((await world.load()).settingProblems).toEqual([]);
});
