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
