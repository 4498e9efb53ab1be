import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createNdjson, toJsonLine } from '../../src/ui/ndjson.ts';
import { Redactor } from '../../src/secrets.ts';
import { createWorld, failed, progress, saved, status, summary } from './world.ts';

function parse(line: string | undefined): Record<string, unknown> {
  return JSON.parse(line ?? '') as Record<string, unknown>;
}

describe('NDJSON', () => {
  it('writes an event as one line that begins with version, time, type and export', () => {
    const render = createNdjson(createWorld());
    expect(render(status({ percent: 64 }))).toBe(
      '{"v":1,"ts":"2024-05-06T07:08:09.000Z","type":"export.status","provider":"webadmit","id":"86446/74780",' +
        '"state":"running","providerStatus":"In Progress","nextPollMs":12000,"percent":64}\n',
    );
  });

  it('ends with the summary, whatever is reported after it', () => {
    const render = createNdjson(createWorld());
    expect(parse(render(summary()))).toMatchObject({
      type: 'summary',
      files: 1,
      exitCode: 0,
      elapsedMs: 1500,
    });
    expect(render(saved('a.csv', 10))).toBeUndefined();
  });

  it('tells the progress of a file at most once a second, and that of every file', () => {
    const world = createWorld();
    const render = createNdjson(world);
    expect(render(progress('a.csv', 1))).toBeDefined();
    expect(render(progress('a.csv', 2))).toBeUndefined();
    expect(render(progress('b.csv', 1))).toBeDefined();
    world.clock.advance(1000);
    expect(parse(render(progress('a.csv', 3)))['bytes']).toBe(3);
  });

  it('masks secrets in every text but the words of the format', () => {
    const redactor = new Redactor();
    redactor.add('running');
    redactor.add('s3cr3t');
    const line = toJsonLine(
      status({ message: 'key s3cr3t at https://x.example/a?sig=1', provider: 's3cr3t' }),
      0,
      redactor,
    );
    expect(parse(line)).toMatchObject({
      state: 'running',
      provider: '***',
      message: 'key *** at https://x.example/a?***',
    });
  });

  it('gives a parser every character, and a terminal or CI system none that it would act on', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '##vso[x]',
        '###[x]',
        'section_start:1:x\r\u001B[0K',
        '\u202Egpj',
        '\u{E0001}',
        '\u2028',
      ),
    );
    fc.assert(
      fc.property(fc.array(hostile), (parts) => {
        const message = parts.join('');
        const line = toJsonLine(failed('a', message), 0, new Redactor());
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]|##|section_(?:start|end):/iu);
        expect(parse(line)['message']).toBe(new Redactor().mask(message));
      }),
    );
  });
});
