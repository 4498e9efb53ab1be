import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { configuredSecret, givenSecret } from '../../../src/config/credentials/secrets.ts';
import type { VariableValue } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';
import { createWorld, type World } from '../world.ts';

const signal = new AbortController().signal;

function secret(world: World, value: VariableValue, pattern?: string) {
  return configuredSecret(value, { at: 'FILE:1: KEY', directory: world.cwd, pattern }, world.context);
}

/** A command that runs JavaScript in this Node. */
function script(code: string): VariableValue {
  return { command: [process.execPath, '-e', code] };
}

test('text may take parts of it from the environment, and all of it is masked from then on', async () => {
  const world = createWorld({ TOKEN: 'from-the-env' });
  const source = secret(world, 'pre-${TOKEN}-post');
  expect((await source.read(signal)).reveal()).toBe('pre-from-the-env-post');
  expect(world.context.redactor.mask('from-the-env')).toBe('***');
  expect(world.context.redactor.mask('pre-from-the-env-post')).toBe('***');
  expect(source.description).toBe('FILE:1: KEY, from the environment');
  expect(source.forget()).toBe(false);
});

test('a value from the environment itself is not looked into', async () => {
  const world = createWorld();
  const source = givenSecret('a${B}c', { at: 'EXPORTPOLL_X', directory: world.cwd }, world.context);
  expect((await source.read(signal)).reveal()).toBe('a${B}c');
});

test('a missing variable is told only when the secret is read', async () => {
  const source = secret(createWorld(), '${TOKEN}');
  await expect(source.read(signal)).rejects.toThrow(
    'FILE:1: KEY needs TOKEN, which is not set in the environment',
  );
});

test('a file is found beside the configuration or in home, loses its last line break, and can be read again', async () => {
  const world = createWorld();
  world.write('home/work/key', 'first-key\r\n');
  world.write('home/key', 'home-key\n');
  expect((await secret(world, { file: '~/key' }).read(signal)).reveal()).toBe('home-key');
  const source = secret(world, { file: 'key' });
  expect((await source.read(signal)).reveal()).toBe('first-key');
  world.write('home/work/key', 'second-key');
  expect((await source.read(signal)).reveal()).toBe('first-key');
  expect(source.forget()).toBe(true);
  expect((await source.read(signal)).reveal()).toBe('second-key');
  expect(world.context.redactor.mask('first-key second-key')).toBe('*** ***');
  expect(source.description).toBe(`file ${join(world.cwd, 'key')}`);
});

test('a file that was not there is looked for again', async () => {
  const world = createWorld();
  const source = secret(world, { file: 'key' });
  await expect(source.read(signal)).rejects.toThrow(ConfigError);
  world.write('home/work/key', 'late-key');
  expect((await source.read(signal)).reveal()).toBe('late-key');
});

test.each([
  ['', 'is an empty secret'],
  ['\n', 'is an empty secret'],
  ['one\ntwo', 'has a line break or another control character in it'],
  ['tab\tbed', 'has a line break or another control character in it'],
  ['abc', 'fewer than 4 characters'],
])('a secret that is %j is refused, and not quoted', async (text, message) => {
  const world = createWorld();
  world.write('home/work/key', text);
  const reading = secret(world, { file: 'key' }).read(signal);
  await expect(reading).rejects.toThrow(ConfigError);
  await expect(reading).rejects.toThrow(
    `FILE:1: KEY ${message.startsWith('fewer') ? 'is a secret of ' : ''}${message}`,
  );
});

test('a secret that does not match the pattern of its profile is refused, and not quoted', async () => {
  const reading = secret(createWorld(), 'not-hexadecimal', '[0-9a-f]{32}').read(signal);
  await expect(reading).rejects.toThrow(/^FILE:1: KEY does not have the form [^:]+: \[0-9a-f\]\{32\}$/);
});

test('a command runs once for many readers, without a shell, in the environment of the program', async () => {
  const world = createWorld({ GREETING: 'hello-there' });
  const source = secret(world, {
    command: [
      process.execPath,
      '-e',
      'require("fs").appendFileSync("runs", "x"); console.log(process.env.GREETING + process.argv[1] + (process.env.HOME ?? ""))',
      '$GREETING;*',
    ],
  });
  const values = await Promise.all([source.read(signal), source.read(signal)]);
  expect(values.map((value) => value.reveal())).toEqual(['hello-there$GREETING;*', 'hello-there$GREETING;*']);
  expect(readFileSync(join(world.cwd, 'runs'), 'utf8')).toBe('x');
  expect(source.forget()).toBe(true);
  await source.read(signal);
  expect(readFileSync(join(world.cwd, 'runs'), 'utf8')).toBe('xx');
  expect(source.description).toBe(`command ${process.execPath}`);
});

test('a command that fails tells nothing of what it wrote', async () => {
  const code = 'console.log("half-a-secret"); console.error("the-other-half"); process.exit(3)';
  const error = await secret(createWorld(), script(code))
    .read(signal)
    .then(String, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).message).toBe(
    `FILE:1: KEY cannot be had: ${process.execPath} ended with exit code 3; run the command by hand to see why`,
  );
  expect((error as ConfigError).cause).toBeUndefined();
});

test('a command that does not exist is told', async () => {
  const reading = secret(createWorld(), { command: ['no-such-program-here'] }).read(signal);
  await expect(reading).rejects.toThrow('no-such-program-here was not found');
});

test('a command that never stops writing is stopped', async () => {
  const reading = secret(
    createWorld(),
    script('setInterval(() => process.stdout.write("x".repeat(9999)), 1)'),
  ).read(signal);
  await expect(reading).rejects.toThrow('wrote more than any secret has');
});

test('a command ends with the program', async () => {
  const world = createWorld();
  const stop = new AbortController();
  const reading = secret(
    world,
    script('require("fs").writeFileSync("up", ""); setInterval(() => {}, 1e6)'),
  ).read(stop.signal);
  const reason = new Error('interrupted');
  const outcome = reading.then(String, (error: unknown) => error);
  while (!existsSync(join(world.cwd, 'up'))) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort(reason);
  expect(await outcome).toBe(reason);
});
