import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import {
  CannotCreateError,
  CommandFailedError,
  ConfigError,
  DeniedError,
  EmptyExportError,
  ExitCode,
  ExportFailedError,
  GoneError,
  IntegrityError,
  InterruptedError,
  IoError,
  ProtocolError,
  StillRunningError,
  TryAgainError,
  UsageError,
  type ExportpollError,
} from '../../src/errors.ts';
import { execExitCodeOf, exitCodeOf, type Outcome } from '../../src/run/outcome.ts';

const ERRORS: Readonly<Record<number, ExportpollError>> = {
  2: new UsageError('usage'),
  8: new StillRunningError('running'),
  9: new EmptyExportError('empty'),
  10: new ExportFailedError('failed'),
  11: new GoneError('gone'),
  65: new IntegrityError('cut'),
  70: new CommandFailedError('exec', { commandExitCode: 1 }),
  73: new CannotCreateError('exists'),
  74: new IoError('disk full'),
  75: new TryAgainError('network'),
  76: new ProtocolError('odd'),
  77: new DeniedError('denied'),
  78: new ConfigError('config'),
  130: new InterruptedError('SIGINT'),
  143: new InterruptedError('SIGTERM'),
};
const CODES = Object.keys(ERRORS).map(Number);
/** These outrank whatever else happened, the first of them first. */
const OVERRIDING = [130, 143, 2, 78, 77, 76, 11, 10];
const OTHERS = CODES.filter((code) => !OVERRIDING.includes(code));

/** An export with `files` on disk and failures of these codes, in this order. */
function outcome(files: number, ...codes: number[]): Outcome {
  const failures = codes.map((code) => ({ error: ERRORS[code]!, told: false }));
  return { subject: 'acme:1', files, bytes: files * 10, failures };
}

test('every error has the exit code of its class', () => {
  for (const code of CODES) expect(ERRORS[code]?.exitCode).toBe(code);
});

describe('the exit code', () => {
  it.each<[string, Outcome[], number]>([
    ['nothing to do', [], 0],
    ['everything is on disk', [outcome(2), outcome(1)], 0],
    ['an export without data', [outcome(0)], 0],
    ['one export is not done yet', [outcome(0, 8)], 8],
    ['one is delivered and one is not done yet', [outcome(2), outcome(0, 8)], 3],
    ['one file of two is cut', [outcome(1, 65)], 3],
    ['the only file is cut', [outcome(0, 65)], 65],
    ['files fail in different ways', [outcome(0, 74, 65, 75)], 74],
    ['the disk is full after some files', [outcome(3, 74)], 3],
    ['one is delivered and one has failed for good', [outcome(2), outcome(0, 10)], 10],
    ['one is delivered and one is gone', [outcome(2), outcome(0, 11)], 11],
    ['one failed, another is gone', [outcome(0, 10), outcome(0, 11)], 11],
    ['a credential is refused after files', [outcome(5, 77)], 77],
    ['everything at once, and an interruption', [outcome(1, ...CODES)], 130],
    ['termination', [outcome(1, 65, 143)], 143],
    ['the command after the files failed', [outcome(2, 70)], 70],
    ['the command after one failed, and a file of another is cut', [outcome(2, 70), outcome(0, 65)], 3],
    ['the command after one failed, and another is gone', [outcome(2, 70), outcome(0, 11)], 11],
    ['one is empty, which was to be told', [outcome(0, 9)], 9],
    ['one is empty, another delivered', [outcome(0, 9), outcome(1)], 3],
  ])('when %s', (_, outcomes, code) => {
    expect(exitCodeOf(outcomes)).toBe(code);
  });

  it.each(OVERRIDING.map((code, rank) => [code, OVERRIDING.slice(rank + 1)] as const))(
    'is %d rather than %j or anything else',
    (code, lesser) => {
      for (const other of [...lesser, ...OTHERS]) {
        for (const files of [0, 1]) {
          expect(exitCodeOf([outcome(files, other, code)])).toBe(code);
          expect(exitCodeOf([outcome(files, code), outcome(files, other)])).toBe(code);
        }
      }
    },
  );

  it('depends on the order of failures only where the first one counts', () => {
    const codes = fc.array(fc.constantFrom(...CODES), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(codes, fc.nat({ max: 3 }), (failures, files) => {
        const code = exitCodeOf([outcome(files, ...failures)]);
        const reversed = exitCodeOf([outcome(files, ...failures.toReversed())]);
        const apart = exitCodeOf([outcome(files), ...failures.map((one) => outcome(0, one))]);
        expect(apart).toBe(code);
        const firstCounts = files === 0 && !failures.some((one) => OVERRIDING.includes(one));
        // A command that failed after its files counts only where no file is missing.
        const missing = failures.filter((one) => one !== ExitCode.command);
        const counted = missing.length > 0 ? missing : failures;
        expect([code, reversed]).toEqual(firstCounts ? [counted[0], counted.at(-1)] : [code, code]);
      }),
    );
  });

  it('is 0 exactly when nothing is missing', () => {
    const some = fc.array(
      fc.tuple(fc.nat({ max: 2 }), fc.array(fc.constantFrom(...CODES), { maxLength: 2 })),
    );
    fc.assert(
      fc.property(some, (exports_) => {
        const outcomes = exports_.map(([files, codes]) => outcome(files, ...codes));
        const isWhole = exports_.every(([, codes]) => codes.length === 0);
        expect(exitCodeOf(outcomes) === ExitCode.ok).toBe(isWhole);
      }),
    );
  });
});

test.each<[string, (number | undefined)[], number | undefined]>([
  ['none ran', [undefined, undefined], undefined],
  ['all ended well', [0, undefined, 0], 0],
  ['two failed', [0, 3, undefined, 4], 3],
])('the exit code of the commands when %s', (_, codes, expected) => {
  const outcomes = codes.map((code) => ({
    ...outcome(1),
    ...(code === undefined ? {} : { execExitCode: code }),
  }));
  expect(execExitCodeOf(outcomes)).toBe(expected);
});
