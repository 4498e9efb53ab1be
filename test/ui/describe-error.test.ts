import { expect, it } from 'vitest';

import { ConfigError, GoneError } from '../../src/errors.ts';
import { asksForStack, describeError } from '../../src/ui/describe-error.ts';
import { Redactor } from '../../src/secrets.ts';

it('says what happened and what to do about it', () => {
  const error = new GoneError('the export is gone', { hint: 'start a new one' });
  expect(describeError(error, new Redactor())).toEqual([
    'exportpoll: the export is gone',
    '  start a new one',
  ]);
});

it('keeps the lines of a message that has several', () => {
  const error = new ConfigError('config.yaml: 2 problems\n✖ first\n\n✖ second');
  expect(describeError(error, new Redactor())).toEqual([
    'exportpoll: config.yaml: 2 problems',
    '  ✖ first',
    '  ✖ second',
  ]);
});

it('asks to report what is a bug, with the stack only when asked', () => {
  const error = new TypeError('x is not a function');
  expect(describeError(error, new Redactor())).toEqual([
    'exportpoll: TypeError: x is not a function',
    '  please report this bug in exportpoll; -v shows where it happened',
  ]);
  expect(describeError(error, new Redactor(), true).join('\n')).toContain('describe-error.test.ts');
  expect(describeError('thrown text', new Redactor())[0]).toBe('exportpoll: string: thrown text');
});

it('masks secrets, also those that an echo has broken up, and removes what a terminal or CI system would act on', () => {
  const redactor = new Redactor();
  redactor.add('s3cr3t-key');
  const error = new GoneError('s3cr3t\u200B-key \u001B[2J\u202Eevil\n::set-output name=x::y', {
    hint: 'use s3cr3t-key',
  });
  expect(describeError(error, redactor)).toEqual([
    'exportpoll: *** evil',
    '  : :set-output name=x::y',
    '  use ***',
  ]);
});

it.each([
  [['watch', '-v'], '', true],
  [['watch', '-qv'], '', true],
  [['watch', '-vq'], '', true],
  [['watch', '--verbose'], '', true],
  [['watch'], 'true', true],
  [['watch'], '1', true],
  [['watch', '-q'], 'false', false],
  [['watch', '--', '-v'], '', false],
])('%j with EXPORTPOLL_VERBOSE=%j asks for a stack: %j', (args, variable, asked) => {
  expect(asksForStack(args, variable)).toBe(asked);
});
