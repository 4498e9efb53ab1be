import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Redactor } from '../src/secrets.ts';

const SECRET = "k3y's (very) secret*! ~ü/";

function redactorOf(...secrets: string[]): Redactor {
  const redactor = new Redactor();
  for (const secret of secrets) redactor.add(secret);
  return redactor;
}

const strict = encodeURIComponent(SECRET).replace(
  /[!'()*]/g,
  (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
);
const lower = (text: string): string => text.replace(/%../g, (escape) => escape.toLowerCase());
const form = new URLSearchParams({ q: SECRET }).toString().slice(2);

describe('a secret is masked', () => {
  it.each([
    ['as it is', SECRET],
    ['as a URL component', encodeURIComponent(SECRET)],
    ['as RFC 3986 escapes it', strict],
    ['with escapes in lower case', lower(strict)],
    ['as a form has it', form],
    ['as a form has it, in lower case', lower(form)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
  ])('%s', (_title, text) => {
    expect(redactorOf(SECRET).mask(`it is ${text}.`)).toBe('it is ***.');
  });

  it('in base64, wherever in the text that was encoded it stands', () => {
    const around = fc.tuple(fc.string({ maxLength: 7 }), fc.string({ maxLength: 7 }));
    fc.assert(
      fc.property(around, fc.constantFrom('base64', 'base64url'), ([before, after], encoding) => {
        const encoded = Buffer.from(before + SECRET + after).toString(encoding);
        const masked = redactorOf(SECRET).mask(encoded);
        expect(masked).toContain('***');
        expect(Buffer.from(masked.replaceAll('***', ''), 'base64').toString('latin1')).not.toContain(
          'secret',
        );
      }),
    );
  });

  it('whole, when another one is a part of it', () => {
    expect(redactorOf('part', 'part-and-rest').mask('part-and-rest part')).toBe('*** ***');
  });
});

describe('a URL holds a secret', () => {
  const everyByte = [...Buffer.from(SECRET)].map((byte) => `%${byte.toString(16)}`).join('');
  const some = strict.replaceAll('e', '%65').replaceAll('%20', ' ');

  it.each([
    ['as it is', SECRET],
    ['as URLs are parsed', new URL(`https://h.example/?${SECRET}`).search],
    ['as a URL component', encodeURIComponent(SECRET)],
    ['with every character escaped', everyByte],
    ['with some characters escaped', some],
    ['as a form has it', form],
    ['as a form has it, with more escapes', form.replaceAll('k', '%6b')],
    ['in a URL within a URL', encodeURIComponent(`https://g.example/?q=${form}`)],
    ['as the bytes of a header', Buffer.from(SECRET).toString('latin1')],
    ['in another letter case, as in a host', SECRET.toUpperCase()],
  ])('%s', (_, text) => {
    const redactor = redactorOf('another secret', SECRET);
    expect(redactor.isIn(`https://h.example/x?q=${text}&more=1`)).toBe(true);
    expect(redactorOf(`${SECRET}!`).isIn(`https://h.example/x?q=${text}&more=1`)).toBe(false);
  });

  it('but not by what is only masked', () => {
    const redactor = redactorOf(SECRET);
    redactor.conceal('acme-corporation');
    expect(redactor.isIn('https://h.example/acme-corporation/x')).toBe(false);
    expect(redactor.mask('acme-corporation')).toBe('***');
    redactor.add('acme-corporation');
    expect(redactor.isIn('https://h.example/acme-corporation/x')).toBe(true);
  });
});

describe('the query of a URL is masked', () => {
  it.each([
    ['GET https://h.example/x?sig=a&b=c, then', 'GET https://h.example/x?*** then'],
    ['"https://h.example/x?sig=a" <s3://b/k?v=1>', '"https://h.example/x?***" <s3://b/k?***>'],
    ['why? no URL here?', 'why? no URL here?'],
    ['https://h.example/x', 'https://h.example/x'],
  ])('%s', (text, masked) => {
    expect(new Redactor().mask(text)).toBe(masked);
  });

  it.each(['a.', 'a://', 'https://x/', '?', 'a://?'])(
    'in no more time than its length takes, for a megabyte of "%s"',
    (unit) => {
      const text = unit.repeat(1_000_000 / unit.length);
      const startedAt = performance.now();
      redactorOf(SECRET).mask(text);
      expect(performance.now() - startedAt).toBeLessThan(1000);
    },
  );
});
