import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ConfigError } from '../../src/errors.ts';
import { expandTemplate, expandUrl, templateVariables } from '../../src/profiles/template.ts';

describe('a template', () => {
  it('keeps a URL whole with a plus, and encodes everything else', () => {
    const variables = { baseUrl: 'https://a.example/x', id: 'a/b?c' };
    expect(expandTemplate('{+baseUrl}/get{?id}', variables)).toBe('https://a.example/x/get?id=a%2Fb%3Fc');
    expect(expandTemplate('{+baseUrl}/{id}', variables)).toBe('https://a.example/x/a%2Fb%3Fc');
  });

  it('expands what is not set to nothing', () => {
    expect(expandTemplate('/a{/b}{?c,d}', { d: '1' })).toBe('/a?d=1');
  });

  it('does not expand what every object has', () => {
    expect(expandTemplate('/{constructor}{__proto__}', {})).toBe('/');
  });

  it('leaves no way out of its path segment to any id', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (id) => {
        fc.pre(!/^\.{1,2}$/.test(id));
        const { pathname, search, hash } = expandUrl('https://a.example/jobs/{id}/state', { id });
        expect(pathname.split('/')).toHaveLength(4);
        expect(search + hash).toBe('');
      }),
    );
  });

  it('names its variables in order, without operators and modifiers', () => {
    expect(templateVariables('{+baseUrl}/x{/a,b*}{?c:3}#{d}')).toEqual(['baseUrl', 'a', 'b', 'c', 'd']);
    expect(templateVariables('/plain')).toEqual([]);
  });
});

describe('a template for a URL', () => {
  it('that gives none is a configuration error which quotes it', () => {
    const expand = (): URL => expandUrl('{baseUrl}/x', { baseUrl: 'https://a.example' });
    expect(expand).toThrow(ConfigError);
    expect(expand).toThrow('"{baseUrl}/x" gives no URL');
  });
});
