import { describe, expect, it } from 'vitest';

import { methodFor, thisMachine } from '../../../src/download/decode/method.ts';

const LARGE = 16 * 1024 * 1024;
const two = { ...thisMachine, cores: 2 };
const gzip = { bytes: LARGE, isGzip: true, isAlone: false, isSaved: true };
const plain = { ...gzip, isGzip: false };

describe('where a file is decoded', () => {
  it.each([
    ['gzip of several', gzip, two, 'thread'],
    ['gzip that is alone', { ...gzip, isAlone: true }, two, 'inPlace'],
    ['gzip, on one core', gzip, { ...two, cores: 1 }, 'inPlace'],
    ['gzip of several that is not large', { ...gzip, bytes: LARGE - 1 }, two, 'stream'],
    ['gzip that is alone and not large', { ...gzip, isAlone: true, bytes: LARGE - 1 }, two, 'stream'],
    ['gzip of a size that nobody tells', { ...gzip, isAlone: true, bytes: 0 }, two, 'stream'],
    ['gzip for standard output', { ...gzip, isAlone: true, isSaved: false }, two, 'stream'],
    ['gzip, where zlib cannot be called', gzip, { ...two, canInflate: () => false }, 'stream'],
    ['anything else', plain, two, 'thread'],
    ['anything else that is alone', { ...plain, isAlone: true }, two, 'thread'],
    ['anything else, where zlib cannot be called', plain, { ...two, canInflate: () => false }, 'thread'],
    ['anything else, on one core', plain, { ...two, cores: 1 }, 'stream'],
    ['anything else that is not large', { ...plain, bytes: LARGE - 1 }, two, 'stream'],
    ['anything else for standard output', { ...plain, isSaved: false }, two, 'stream'],
  ])('%s', (_, file, machine, expected) => {
    expect(methodFor(file, machine)).toBe(expected);
  });
});
