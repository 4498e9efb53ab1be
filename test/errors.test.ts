import { expect, test } from 'vitest';

import { ConfigError, ExitCode, ExportpollError, InterruptedError, messageOf } from '../src/errors.ts';

test('an error has the name of its class, its hint and its cause', () => {
  const cause = new Error('inner');
  const error = new ConfigError('wrong', { hint: 'do this', cause });
  expect(error).toBeInstanceOf(ExportpollError);
  expect(error).toMatchObject({
    name: 'ConfigError',
    message: 'wrong',
    hint: 'do this',
    cause,
    exitCode: 78,
  });
});

test('an error without a cause has none', () => {
  const error = new ConfigError('wrong');
  expect('cause' in error).toBe(false);
  expect(error.hint).toBeUndefined();
});

test('an interruption has the exit code of its signal (128 + its number) and says how to go on', () => {
  expect(new InterruptedError('SIGINT')).toMatchObject({
    exitCode: 130,
    message: expect.stringContaining('again') as string,
  });
  expect(new InterruptedError('SIGTERM').exitCode).toBe(143);
});

test('the exit codes that scripts rely on are all different', () => {
  const codes = Object.values(ExitCode);
  expect(codes).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 65, 70, 73, 74, 75, 76, 77, 78, 130, 143]);
});

test('whatever is thrown has a message', () => {
  expect([new Error('a'), 'b', 3, undefined].map(messageOf)).toEqual(['a', 'b', '3', 'undefined']);
});
