import { describe, expect, it } from 'vitest';

import { ExportFailedError, GoneError, InterruptedError, type ExportpollError } from '../../src/errors.ts';
import { errorLines } from '../../src/run/error-lines.ts';
import type { Outcome } from '../../src/run/outcome.ts';
import { Redactor } from '../../src/secrets.ts';

function outcome(subject: string, error: ExportpollError, told = false): Outcome {
  return { subject, files: 0, bytes: 0, failures: [{ error, told }] };
}

function said(...outcomes: Outcome[]): string[] {
  return errorLines(outcomes, { redactor: new Redactor() }, false);
}

const failed = (): ExportpollError => new ExportFailedError('it failed', { hint: 'a new export is needed' });

describe('the errors at the end of a run', () => {
  it('name the exports that they are about', () => {
    const gone = new GoneError('it is gone');
    expect(said(outcome('many:1', failed()), outcome('many:2', gone), outcome('many:3', failed()))).toEqual([
      'exportpoll: many:1: it failed',
      '  a new export is needed',
      'exportpoll: many:3: it failed',
      '  a new export is needed',
      'exportpoll: many:2: it is gone',
    ]);
  });

  it('are left out when they were told already, or twice of the same export', () => {
    const twice = outcome('many:1', failed());
    expect(said(twice, twice, outcome('many:2', failed(), true))).toEqual([
      'exportpoll: many:1: it failed',
      '  a new export is needed',
    ]);
  });

  it('are one sentence for an interruption', () => {
    const interrupted = new InterruptedError('SIGINT');
    expect(said(outcome('many:1', interrupted), outcome('many:2', interrupted))).toEqual([
      expect.stringMatching(/^exportpoll: interrupted by SIGINT/),
    ]);
  });

  it('of many exports are told once, with a list that has each of them', () => {
    const subjects = Array.from({ length: 1000 }, (_, id) => `many:${id}`);
    const lines = said(...subjects.map((subject) => outcome(subject, failed())));
    expect(lines.slice(0, 2)).toEqual(['exportpoll: 1000 exports: it failed', '  a new export is needed']);
    const list = lines.slice(2);
    expect(list.flatMap((line) => line.trim().split(' '))).toEqual(subjects);
    expect(Math.max(...list.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(list.length).toBeLessThan(120);
  });
});
