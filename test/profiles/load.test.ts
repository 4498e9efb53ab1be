import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';

import { ConfigError } from '../../src/errors.ts';
import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { builtinText } from '../../src/profiles/builtin.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { checkProfile, parseProfile } from '../../src/profiles/load.ts';
import { compileIdPattern } from '../../src/profiles/id.ts';
import type { Profile } from '../../src/profiles/schema.ts';

/** A small sound profile, as data that a test may break. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a broken one is like is up to the test
function sound(): Record<string, any> {
  return {
    profile: 1,
    name: 'acme',
    title: 'Acme',
    variables: { baseUrl: { description: 'root' }, token: { description: 'token', secret: true } },
    id: { pattern: '(?<job>\\d+)', description: 'number', example: '7' },
    auth: [{ scheme: 'bearer', token: 'token' }],
    status: {
      request: { url: '{+baseUrl}/jobs/{job}' },
      state: 'body.state',
      states: { done: 'ready', busy: 'running' },
    },
    files: [{ each: 'body.files', url: 'item.href' }],
  };
}

function complaintAbout(change: (profile: ReturnType<typeof sound>) => void): string {
  const profile = sound();
  change(profile);
  try {
    checkProfile(profile, 'acme.yaml');
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the profile was accepted');
}

test('the five services are built in', () => {
  expect(builtinNames).toEqual(['mytracker-raw', 'mytracker-segment', 'personium', 'rebilly', 'webadmit']);
});

describe.each(builtinNames)('the built-in profile %s', (name) => {
  const profile = loadBuiltin(name);

  it('has the name of its file', () => {
    expect(profile.name).toBe(name);
  });

  it('accepts the id that it gives as an example, and no part of a longer text', () => {
    const pattern = compileIdPattern(profile);
    expect(pattern.exec(profile.id.example)?.[0]).toBe(profile.id.example);
    expect(pattern.test(`${profile.id.example}\n`)).toBe(false);
    expect(pattern.test(`/${profile.id.example}`)).toBe(false);
  });

  it('polls between 2 s and 2 min apart, unless told otherwise', () => {
    expect(['2s', '3s']).toContain(profile.poll.interval);
    expect(profile.poll.maxInterval).toBe('2m');
    expect(profile.poll.timeout).toBe('24h');
  });

  it('says the same as JSON', () => {
    expect(parseProfile(JSON.stringify(parse(builtinText(name))), 'x.json')).toEqual(profile);
  });
});

test('a sound profile is filled in with defaults', () => {
  const profile: Profile = checkProfile(sound(), 'acme.yaml');
  expect(profile.status.request).toEqual({
    method: 'GET',
    url: '{+baseUrl}/jobs/{job}',
    headers: {},
    with: {},
    answer: 'json',
  });
  expect(profile.files[0]).toMatchObject({ auth: 'none', identity: 'path' });
  expect(profile.poll).toEqual({ interval: '5s', maxInterval: '60s', timeout: '24h', grace: '0s' });
});

describe('a profile is refused with the place and the reason', () => {
  const cases: [what: string, change: (profile: ReturnType<typeof sound>) => void, complaint: RegExp][] = [
    [
      'an unknown key, with the nearest known one',
      (p) => (p['pol'] = {}),
      /^acme\.yaml: pol: is not a key that exists here; did you mean "poll"\?$/,
    ],
    [
      'an unknown key deep inside',
      (p) => (p['poll'] = { intervall: '3s' }),
      /^acme\.yaml: poll\.intervall: is not a key .* "interval"\?$/,
    ],
    [
      'an expression that is not JMESPath',
      (p) => (p['status'].state = 'body.['),
      /^acme\.yaml: status\.state: "body\.\[" is not a JMESPath expression: /,
    ],
    [
      'an expression in a list',
      (p) => (p['files'][0].each = ''),
      /^acme\.yaml: files\[0\]\.each: "" is not a JMESPath expression: /,
    ],
    [
      'a percentage that is not JMESPath',
      (p) => (p['status'].percent = { fraction: ')' }),
      /^acme\.yaml: status\.percent\.fraction: "\)" is not a JMESPath/,
    ],
    [
      'a variable of a request',
      (p) => (p['status'].request.with = { job: '..' }),
      /^acme\.yaml: status\.request\.with\.job: /,
    ],
    [
      'an id pattern that is no regular expression',
      (p) => (p['id'].pattern = '(?<job'),
      /^acme\.yaml: id\.pattern: Invalid regular expression/,
    ],
    [
      'a variable pattern that is no regular expression',
      (p) => (p['variables'].token.pattern = '['),
      /^acme\.yaml: variables\.token\.pattern: Invalid regular expression/,
    ],
    ['a missing baseUrl', (p) => delete p['variables'].baseUrl, /^acme\.yaml: variables: must have baseUrl$/],
    ['a missing key', (p) => delete p['status'].request, /^acme\.yaml: status\.request: is missing$/],
    ['a missing version', (p) => delete p['profile'], /^acme\.yaml: profile: is missing$/],
    ['another version', (p) => (p['profile'] = 2), /^acme\.yaml: profile: /],
    [
      'a state that does not exist',
      (p) => (p['status'].states.done = 'redy'),
      /^acme\.yaml: status\.states\.done: must be one of queued, running, ready, .*\{ follow \}$/,
    ],
    [
      'an authentication that does not exist',
      (p) => (p['auth'][0].scheme = 'digest'),
      /^acme\.yaml: auth\[0\]\.scheme: .*'header' \| 'bearer'/,
    ],
    ['no way to authenticate', (p) => (p['auth'] = []), /^acme\.yaml: auth: /],
    [
      'a link that is neither picked nor made',
      (p) => delete p['files'][0].url,
      /^acme\.yaml: files\[0\]: needs either url or template$/,
    ],
    [
      'a link that is both',
      (p) => (p['files'][0].template = '{+baseUrl}/x'),
      /needs either url or template$/,
    ],
    [
      'a duration without unit',
      (p) => (p['poll'] = { interval: '30' }),
      /^acme\.yaml: poll\.interval: must be a/,
    ],
    [
      'an endless duration',
      (p) => (p['poll'] = { timeout: `${'9'.repeat(20)}d` }),
      /^acme\.yaml: poll\.timeout: /,
    ],
    [
      'an origin with a path',
      (p) => (p['origins'] = ['https://a.example/b']),
      /^acme\.yaml: origins\[0\]: must be an/,
    ],
    [
      'an origin of another kind',
      (p) => (p['origins'] = ['mailto:a@b.example']),
      /^acme\.yaml: origins\[0\]: must be/,
    ],
  ];
  test.each(cases)('%s', (_, change, complaint) => {
    expect(complaintAbout(change)).toMatch(complaint);
  });

  test('several problems at once, a line for each', () => {
    const complaint = complaintAbout((profile) => {
      profile['status'].state = '[';
      profile['id'].pattern = '(';
      profile['x'] = 1;
    });
    expect(complaint.split('\n')).toEqual([
      expect.stringMatching(/^acme\.yaml: id\.pattern: Invalid regular expression/),
      expect.stringMatching(/^acme\.yaml: status\.state: "\[" is not a JMESPath expression: /),
      expect.stringMatching(/^acme\.yaml: x: is not a key that exists here/),
    ]);
  });

  test('text that is not YAML, with its line', () => {
    expect(() => parseProfile('profile: 1\nname: "acme\n', 'acme.yaml')).toThrow(/^acme\.yaml, line \d+: /);
  });

  test('text that is no profile at all', () => {
    expect(() => parseProfile('hello', 'acme.yaml')).toThrow(
      /^acme\.yaml: .*must be a mapping of keys to values, but is text/,
    );
    expect(() => parseProfile('', 'acme.yaml')).toThrow(ConfigError);
  });

  test('aliases that multiply', () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [name, of] of [
      ['b', 'a'],
      ['c', 'b'],
      ['d', 'c'],
      ['e', 'd'],
      ['f', 'e'],
    ]) {
      bomb.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${of}`).join(', ')}]`);
    }
    expect(() => parseProfile(bomb.join('\n'), 'acme.yaml')).toThrow(/^acme\.yaml: .*alias/i);
  });
});
