import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseJson } from '../../src/api/json.ts';
import { ConfigError } from '../../src/errors.ts';
import {
  checkExpression,
  evaluate,
  evaluateData,
  evaluateNumber,
  evaluateText,
  rootsOf,
  type Scope,
} from '../../src/profiles/expression.ts';

const scope: Scope = {
  vars: { id: '7' },
  status: 200,
  headers: { 'x-wait': '30' },
  body: {
    name: ' export ',
    blank: '  ',
    count: 3,
    zero: 0,
    done: true,
    nothing: null,
    links: [
      { rel: 'self', href: '/self' },
      { rel: 'download', href: '/file' },
    ],
  },
};

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['body.count', 3],
    ['vars.id', '7'],
    ['headers."x-wait"', '30'],
    ["body.links[?rel=='download'].href | [0]", '/file'],
    ['body.zero', 0],
    ['body.count / `4`', 0.75],
  ])('picks %s', (expression, value) => {
    expect(evaluate(expression, scope)).toEqual(value);
  });

  it.each([
    'body.nothing',
    'body.missing',
    'missing.at.all',
    'body.links[9].href',
    'max(body.missing)',
    'length(body.count)',
    'sort(body)',
    'body.count.name.first',
    'no_such_function(body)',
    'body.name / `2`',
  ])('finds nothing rather than to throw: %s', (expression) => {
    expect(evaluate(expression, scope)).toBeUndefined();
  });

  it('that is not JMESPath is a configuration error which quotes it', () => {
    expect(() => checkExpression('body.[')).toThrow(ConfigError);
    expect(() => checkExpression('body.[')).toThrow('"body.["');
    expect(() => checkExpression('body.links[0].href')).not.toThrow();
  });
});

describe('text', () => {
  it('is trimmed, and made of numbers as well', () => {
    expect(evaluateText('body.name', scope)).toBe('export');
    expect(evaluateText('body.count', scope)).toBe('3');
    expect(evaluateText('body.zero', scope)).toBe('0');
  });

  it.each(['body.blank', 'body.done', 'body.links', 'body', 'body.nothing'])(
    'is not made of %s',
    (expression) => {
      expect(evaluateText(expression, scope)).toBeUndefined();
    },
  );

  it('is nothing without an expression', () => {
    expect(evaluateText(undefined, scope)).toBeUndefined();
  });
});

describe('a number', () => {
  it('may be written as text', () => {
    expect(evaluateNumber('headers."x-wait"', scope)).toBe(30);
    expect(evaluateNumber('body.count', scope)).toBe(3);
  });

  it.each(['body.name', 'body.blank', 'body.done', 'body.count / body.zero'])(
    'is not made of %s',
    (expression) => {
      expect(evaluateNumber(expression, scope)).toBeUndefined();
    },
  );
});

describe('an answer that means harm', () => {
  const hostile: Scope = {
    vars: {},
    body: JSON.parse('{"list":[1],"text":"x","__proto__":{"__proto__":null}}') as unknown,
  };

  it.each(
    ['constructor', '__proto__', 'toString', 'hasOwnProperty', '__defineGetter__'].flatMap((member) => [
      member,
      `body.${member}`,
      `body.${member}.name`,
      `body.list.${member}`,
      `body.list.${member}.name`,
      `body.text.${member}`,
      `vars.${member}.name`,
      `to_string(body.${member}.name)`,
    ]),
  )('gives no text through %s', (expression) => {
    const text = evaluateText(expression, hostile);
    // JMESPath's to_string turns a null into text; that is all that may come of it.
    expect([undefined, 'null']).toContain(text);
  });

  it('never makes an expression throw', () => {
    const expressions = [
      'body.a.b',
      'body[0].x',
      'body[?a].b | [0]',
      'max(body.a)',
      'body.a && body.b || body',
    ];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...expressions), (body, expression) => {
        expect(() => evaluateNumber(expression, { vars: {}, body })).not.toThrow();
      }),
    );
  });
});

describe('a hostile expression', () => {
  const body = Array.from({ length: 4000 }, (_, at) => ({ at, text: 'x' }));

  it.each([
    ['goes through the answer for each of its elements again and again', '$.body[].[$.body[].[$.body[].at]]'],
    ['doubles a list at every step', `body | ${Array.from({ length: 40 }, () => '[@,@][]').join(' | ')}`],
  ])('that %s is ended', (_, expression) => {
    expect(() => evaluate(expression, { vars: {}, body })).toThrow('takes too long');
  });

  it('that names one value over and over is not written out', () => {
    const doubling = Array.from({ length: 40 }, () => '{a: @, b: @}').join(' | ');
    expect(() => evaluateData(`body[0] | ${doubling}`, { vars: {}, body })).toThrow(ConfigError);
    expect(evaluate(`body[0] | ${doubling} | to_string(@)`, { vars: {}, body })).toBeUndefined();
  });

  it('that doubles a text at every step picks nothing', () => {
    const doubling = Array.from({ length: 40 }, () => "join('', [@, @])").join(' | ');
    expect(evaluate(`body[0].text | ${doubling}`, { vars: {}, body })).toBeUndefined();
  });
});

it.each(['constructor', '__proto__', 'toString', 'vars.constructor', 'vars.__proto__', 'body.constructor'])(
  'nothing that is not data is reached by %s',
  (expression) => {
    expect(evaluate(expression, { vars: { a: '1' }, body: parseJson('{"a":{}}') })).toBeUndefined();
  },
);

describe('the roots of an expression', () => {
  it.each<[string, string[]]>([
    ['body.files[0].url', ['body']],
    ['a || b && !c', ['a', 'b', 'c']],
    ['a.b == c.d', ['a', 'c']],
    ["join('-', [a.b, to_string(c)])", ['a', 'c']],
    ['{name: params.name, of: vars.of}', ['params', 'vars']],
    ['a + -b', ['a', 'b']],
    ['list[].body.items[]', ['list']],
    ['list[*].{name: name}', ['list']],
    ['list.*.name', ['list']],
    ['a[1:].b', ['a']],
    ['a.[b, c][]', ['a']],
    ["body.links[?rel == 'self'].href | [0]", ['body']],
    ['body | files', ['body']],
    ['@ | files', ['files']],
    ['@.a', ['a']],
    ['$.a', ['a']],
    ['body.jobs[?id == $.vars.id]', ['body', 'vars']],
    ['body.jobs[?id == @.x]', ['body']],
    ['sort_by(body.files, &name)[0]', ['body']],
    ['map(&$.a, body.files)', ['a', 'body']],
    ['let $n = vars.number in body.jobs[?to_string(id) == $n] | [0]', ['vars', 'body']],
    ["'text'", []],
    ['`true`', []],
    ['$', []],
  ])('%s', (expression, roots) => {
    expect(rootsOf(expression).sort()).toEqual(roots.sort());
  });
});
