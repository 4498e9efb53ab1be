import { describe, expect, it } from 'vitest';

import {
  judge,
  OVERLAP_BYTES,
  planAttempt,
  planProbe,
  validatorOf,
} from '../../../src/download/receive/plan.ts';
import type { Sidecar } from '../../../src/download/part/sidecar.ts';
import { ProtocolError } from '../../../src/errors.ts';

const DATE = 'Mon, 06 May 2024 07:08:09 GMT';
const LATER = 'Tue, 07 May 2024 07:08:09 GMT';
const HERE = 100_000;
const TOTAL = 150_000;

const known = (about: Partial<Sidecar> = {}): Sidecar => ({ identity: 'a', total: TOTAL, ...about });
const tagged = known({ etag: '"v1"' });
const weak = known({ weakEtag: 'W/"v1"' });
const dated = known({ lastModified: DATE });

describe('the next request', () => {
  it('asks for the whole file while nothing is here', () => {
    expect(planAttempt(0, tagged)).toEqual({ headers: {}, from: 0 });
  });

  it('goes on at the next byte where a strong entity tag proves the version', () => {
    expect(planAttempt(HERE, known({ etag: '"v1"', lastModified: DATE }))).toEqual({
      headers: { range: 'bytes=100000-', 'if-range': '"v1"' },
      from: HERE,
    });
  });

  it('asks for an overlap where only a date speaks for the version', () => {
    const from = HERE - OVERLAP_BYTES;
    expect(planAttempt(HERE, dated)).toEqual({
      headers: { range: `bytes=${from}-`, 'if-range': DATE },
      from,
    });
  });

  it('asks for an overlap where nothing does, from the first byte if that is near', () => {
    expect(planAttempt(HERE, known()).headers).toEqual({ range: `bytes=${HERE - OVERLAP_BYTES}-` });
    expect(planAttempt(5, known())).toEqual({ headers: { range: 'bytes=0-' }, from: 0 });
  });
});

it('asks for the end alone behind the last byte that is here', () => {
  expect(planProbe(HERE, dated)).toEqual({
    headers: { range: `bytes=${HERE}-`, 'if-range': DATE },
    from: HERE,
  });
});

type Headers = Record<string, string>;

function verdict(about: Sidecar, status: number, headers: Headers, size = HERE) {
  return judge(planAttempt(size, about), size, about, { status, headers });
}

const rangeFrom = (from: number, total: number | '*' = TOTAL): Headers => ({
  'content-range': `bytes ${from}-${TOTAL - 1}/${total}`,
});
const overlap = rangeFrom(HERE - OVERLAP_BYTES);

describe('a 200 answer', () => {
  const length = { 'content-length': String(TOTAL) };

  it('starts the file while nothing is here', () => {
    expect(verdict({ identity: 'a' }, 200, length, 0)).toMatchObject({ kind: 'start', total: TOTAL });
    expect(verdict({ identity: 'a' }, 200, {}, 0)).toMatchObject({ kind: 'start', total: undefined });
  });

  it.each<[string, Sidecar, Headers]>([
    ['the same entity tag', tagged, { etag: '"v1"', ...length }],
    ['the same entity tag and no length', tagged, { etag: '"v1"' }],
    ['the same date and length', dated, { 'last-modified': DATE, ...length }],
  ])('is skipped up to what is here with %s', (_, about, headers) => {
    expect(verdict(about, 200, headers)).toMatchObject({ kind: 'skip' });
  });

  it.each<[string, Sidecar, Headers, boolean]>([
    ['another entity tag', tagged, { etag: '"v2"', ...length }, true],
    ['the same entity tag with another length', tagged, { etag: '"v1"', 'content-length': '5' }, true],
    ['the same entity tag with another coding', tagged, { etag: '"v1"', 'content-encoding': 'gzip' }, true],
    ['another weak entity tag', weak, { etag: 'W/"v2"', ...length }, true],
    ['a weak entity tag of another version', tagged, { etag: 'W/"v2"', ...length }, true],
    ['another date', dated, { 'last-modified': LATER, ...length }, true],
    ['another length', known(), { 'content-length': '5' }, true],
    ['a weak entity tag of the same version', tagged, { etag: 'W/"v1"', ...length }, false],
    ['the same weak entity tag', weak, { etag: 'W/"v1"', ...length }, false],
    ['a strong entity tag where a weak one was known', weak, { etag: '"v1"', ...length }, false],
    ['the same date and no length', dated, { 'last-modified': DATE }, false],
    ['no validator', known(), length, false],
  ])('starts over with %s', (_, about, headers, changed) => {
    expect(verdict(about, 200, headers)).toMatchObject({ kind: 'start', changed });
  });
});

describe('a 206 answer', () => {
  it.each<[string, Sidecar, Headers]>([
    ['the same entity tag', tagged, { etag: '"v1"', ...rangeFrom(HERE) }],
    ['the same date and an overlap', dated, { 'last-modified': DATE, ...overlap }],
    ['an overlap alone', known(), overlap],
    ['an overlap and the same weak entity tag', weak, { etag: 'W/"v1"', ...overlap }],
    ['an overlap and the same entity tag, now strong', weak, { etag: '"v1"', ...overlap }],
    ['an overlap and no entity tag where a weak one was known', weak, overlap],
    ['an overlap and a weak entity tag', known(), { etag: 'W/"v1"', ...overlap }],
  ])('is appended with %s', (_, about, headers) => {
    expect(verdict(about, 206, headers)).toEqual({ kind: 'append', total: TOTAL, end: TOTAL });
  });

  it('has the total that is known already, or none, when it tells none', () => {
    const star = rangeFrom(HERE - OVERLAP_BYTES, '*');
    const append = { kind: 'append', end: TOTAL };
    expect(verdict(known({ total: 160_000 }), 206, star)).toEqual({ ...append, total: 160_000 });
    expect(verdict({ identity: 'a' }, 206, star)).toEqual({ ...append, total: undefined });
  });

  it.each<[string, Sidecar, Headers]>([
    ['another entity tag', tagged, { etag: '"v2"', ...rangeFrom(HERE) }],
    ['the same entity tag and another total', tagged, { etag: '"v1"', ...rangeFrom(HERE, TOTAL + 1) }],
    ['a weak entity tag where a strong one was known', tagged, { etag: 'W/"v2"', ...rangeFrom(HERE) }],
    ['another weak entity tag', weak, { etag: 'W/"v2"', ...overlap }],
    ['a strong entity tag where a weak one was known', weak, { etag: '"v2"', ...overlap }],
    ['another date', dated, { 'last-modified': LATER, ...overlap }],
    [
      'another date and the same weak entity tag',
      { ...dated, weakEtag: 'W/"v1"' },
      { 'last-modified': LATER, etag: 'W/"v1"', ...overlap },
    ],
    ['another total', known({ total: 5 }), overlap],
    ['another content coding', known(), { 'content-encoding': 'gzip', ...overlap }],
  ])('tells that the file has changed by %s', (_, about, headers) => {
    expect(verdict(about, 206, headers)).toEqual({ kind: 'changed' });
  });

  it('tells that the file has changed by a total that is less than what is here', () => {
    const shorter = { 'content-range': 'bytes 0-4/5' };
    expect(verdict({ identity: 'a' }, 206, shorter, 10)).toEqual({ kind: 'changed' });
  });

  it.each<[string, Headers]>([
    ['no entity tag', rangeFrom(HERE)],
    ['a weak one', { etag: 'W/"v1"', ...rangeFrom(HERE) }],
  ])('proves nothing with %s where a strong one was known', (_, headers) => {
    expect(verdict(tagged, 206, headers)).toEqual({ kind: 'unproven' });
  });

  it.each([
    ['an earlier byte', `bytes ${HERE - 1}-${TOTAL - 1}/${TOTAL}`],
    ['a later byte', `bytes ${HERE + 1}-${TOTAL - 1}/${TOTAL}`],
    ['nothing', undefined],
    ['an end before its start', `bytes ${HERE}-5/${TOTAL}`],
    ['an end past the total', `bytes ${HERE}-${TOTAL}/${TOTAL}`],
    ['another unit', `lines ${HERE}-${TOTAL - 1}/${TOTAL}`],
    ['garbage', 'bytes 1-'],
    ['an end that is no exact number', `bytes ${HERE}-99999999999999999999999/*`],
    ['a total that is no exact number', `bytes ${HERE}-${TOTAL - 1}/99999999999999999999999`],
  ])('that begins with %s is a lie', (_, range) => {
    const headers = { etag: '"v1"', ...(range === undefined ? {} : { 'content-range': range }) };
    expect(() => verdict(tagged, 206, headers)).toThrow(ProtocolError);
  });

  it('with a body of more bytes than its range has is a lie, and of fewer is one that will break', () => {
    const withLength = (length: number) =>
      verdict(tagged, 206, { etag: '"v1"', ...rangeFrom(HERE), 'content-length': String(length) });
    expect(() => withLength(TOTAL - HERE + 1)).toThrow(ProtocolError);
    for (const length of [TOTAL - HERE, 1]) expect(withLength(length)).toMatchObject({ kind: 'append' });
  });

  it('to a request without Range is a contradiction', () => {
    expect(() => verdict(tagged, 206, rangeFrom(0), 0)).toThrow(ProtocolError);
  });
});

describe('a 416 answer', () => {
  const untold: Sidecar = { identity: 'a', etag: '"v1"' };
  const all = { 'content-range': `bytes */${HERE}` };

  it.each<[string, Sidecar, Headers]>([
    ['its total says so', untold, all],
    ['its total is the one that was told before', { ...untold, total: HERE }, all],
    ['it tells no total, but the very same entity tag', untold, { etag: '"v1"' }],
  ])('means that all is here when %s', (_, about, headers) => {
    expect(verdict(about, 416, headers)).toEqual({ kind: 'complete' });
  });

  it.each<[string, Sidecar, Headers]>([
    ['another total', untold, { 'content-range': 'bytes */5' }],
    ['no total and no entity tag', untold, {}],
    ['no total and a weak entity tag', untold, { etag: 'W/"v1"' }],
    ['garbage for a total', untold, { 'content-range': 'bytes */all', etag: '"v1"' }],
    ['another entity tag', untold, { ...all, etag: '"v2"' }],
    ['another weak entity tag', untold, { ...all, etag: 'W/"v2"' }],
    ['a total that is not the one that was told before', tagged, { ...all, etag: '"v1"' }],
    ['no total, where one was told before', tagged, { etag: '"v1"' }],
    ['what is here for a total, where bytes that are here were asked for', { identity: 'a' }, all],
  ])('means that the file has changed with %s', (_, about, headers) => {
    expect(verdict(about, 416, headers)).toEqual({ kind: 'changed' });
  });

  it('to a request without Range is a contradiction', () => {
    expect(() => verdict(tagged, 416, {}, 0)).toThrow(ProtocolError);
  });
});

it('takes strong entity tags for validators, and knows weak ones', () => {
  expect(validatorOf({ etag: ' "v1" ', 'last-modified': DATE })).toEqual({
    etag: '"v1"',
    lastModified: DATE,
  });
  expect(validatorOf({ etag: ' W/"v1" ' })).toEqual({ weakEtag: 'W/"v1"' });
  for (const etag of ['v1', '"v1', 'w/"v1"', '']) expect(validatorOf({ etag })).toEqual({});
});
