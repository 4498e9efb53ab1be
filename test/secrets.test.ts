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
