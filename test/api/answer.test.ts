import { Readable } from 'node:stream';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseBody, readText } from '../../src/api/answer.ts';
import { Body } from '../../src/api/transport/body.ts';
import { parseJson } from '../../src/api/json.ts';
import type { HttpResponse } from '../../src/api/transport/http.ts';
import { ProtocolError } from '../../src/errors.ts';
import { sample } from '../helpers/answers.ts';

const MIB = 1024 * 1024;

function response(body: Buffer | Iterable<Buffer> | Readable, coding?: string, status = 200): HttpResponse {
  return {
    status,
    headers: coding === undefined ? {} : { 'content-encoding': coding },
    body: new Body(
      Buffer.isBuffer(body) || !(body instanceof Readable)
        ? Readable.from(Buffer.isBuffer(body) ? [body] : body)
        : body,
    ),
  };
}

function* mebibytes(count: number): Generator<Buffer> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(MIB, 0x20);
}

describe('the text of an answer', () => {
  const TEXT = '{"name":"Überweisungen"}';

  it.each([
    ['identity', Buffer.from(TEXT)],
    ['gzip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['GZIP ', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
  ])('is read through the content coding %s', async (coding, body) => {
    expect(await readText(response(body, coding), 'GET it')).toBe(TEXT);
  });

  it('keeps characters whole that are cut between pieces', async () => {
    const pieces = [...Buffer.from(TEXT)].map((byte) => Buffer.from([byte]));
    expect(await readText(response(pieces), 'GET it')).toBe(TEXT);
  });

  it('may have 16 MiB', async () => {
    expect(await readText(response(mebibytes(16)), 'GET it')).toHaveLength(16 * MIB);
  });

  it('is refused past 16 MiB, and no more of it is read', async () => {
    const stream = Readable.from(mebibytes(Infinity));
    const endless = response(stream);
    await expect(readText(endless, 'GET it')).rejects.toThrow('GET it: the answer is larger than 16 MiB');
    expect(stream.destroyed).toBe(true);
  });

  it('is refused when it would inflate to more than 16 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(17 * MIB));
    await expect(readText(response(bomb, 'gzip'), 'GET it')).rejects.toThrow(ProtocolError);
  });

  it('is refused when its coding is broken, unless the status says enough', async () => {
    const text = Buffer.from('plain');
    await expect(readText(response(text, 'gzip'), 'GET it')).rejects.toThrow(
      "GET it: the answer's gzip coding is",
    );
    expect(await readText(response(text, 'gzip', 502), 'GET it')).toBe('plain');
  });

  it('is empty when there is none, whatever its coding is said to be', async () => {
    expect(await readText(response(Buffer.alloc(0), 'gzip', 401), 'GET it')).toBe('');
  });
});

const asIs = (text: string): string => text;

describe('JSON', () => {
  it('may have a byte order mark, or not be there at all', () => {
    expect(parseJson('\uFEFF{"a":1}')).toEqual({ a: 1 });
    expect(parseJson('')).toBeUndefined();
    expect(parseJson(' \r\n')).toBeUndefined();
  });

  it("may have the trailing comma of the vendor's page", () => {
    expect(sample('mytracker/segment-in-progress')).toMatch(/"64%",\s*\}/);
    expect(parseJson(sample('mytracker/segment-in-progress'))).toEqual({
      code: 200,
      message: 'Ok',
      data: { idSegmentExport: '1', status: 'In progress', progress: '64%' },
    });
  });

  it('keeps its strings when trailing commas are taken out', () => {
    const tricky = fc.oneof(fc.string(), fc.constantFrom(',}', ',]', '",}', '\\",}', '\\', ', ]', '"'));
    const value = fc.dictionary(tricky, fc.oneof(tricky, fc.array(tricky), fc.integer()), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(value, (object) => {
        const text = JSON.stringify([object, object], null, 1);
        const loose = `${text.slice(0, -1).trimEnd()} ,\n]`;
        expect(() => JSON.parse(loose) as unknown).toThrow(SyntaxError);
        expect(parseJson(loose)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['{', '{"a":1,,}', 'undefined', '<html>', '{"a":1} x', '{,}x', "{'a':1}"])(
    'is not made of %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(SyntaxError);
    },
  );

  it('may be nested, but not without end', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseJson(nested(200))).toEqual(JSON.parse(nested(200)));
    expect(() => parseJson(nested(201))).toThrow(SyntaxError);
    expect(parseJson(JSON.stringify('['.repeat(500)))).toHaveLength(500);
  });

  it.each(['[', '{"a":', '"', '\\"', ', ', '",'])('takes no more time than 16 MB of %j are long', (unit) => {
    const startedAt = performance.now();
    expect(() => parseJson(`["${unit.repeat(16_000_000 / unit.length)}`)).toThrow(SyntaxError);
    expect(() => parseJson(unit.repeat(16_000_000 / unit.length))).toThrow(SyntaxError);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  it('may be anything in an error answer, but not in a success', () => {
    const page = `<html>\n  <body>${'Log in! '.repeat(40)}`;
    expect(parseBody(page, response(Buffer.alloc(0), undefined, 503), 'GET it', asIs)).toBeUndefined();
    expect(() => parseBody(page, response(Buffer.alloc(0)), 'GET it', asIs)).toThrow(
      /^GET it: the answer \(HTTP 200\) is not JSON: (?=<html> <body>Log in! ).{80}…$/,
    );
  });

  it('is quoted without a secret, and without the half of one', () => {
    const mask = (text: string): string => text.replaceAll('s3cr3t-key', '***');
    for (const before of [0, 74, 79, 80]) {
      const page = `${'x'.repeat(before)}s3cr3t-key and more ${'y'.repeat(80)}`;
      expect(() => parseBody(page, response(Buffer.alloc(0)), 'GET it', mask)).toThrow(/not JSON: (?!.*s3)/);
    }
  });
});
