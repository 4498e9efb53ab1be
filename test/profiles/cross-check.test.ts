import { describe, expect, it } from 'vitest';

import { checkProfile } from '../../src/profiles/load.ts';

/** A sound profile. */
const SOUND = {
  profile: 1,
  name: 'acme',
  title: 'Acme',
  variables: { baseUrl: { description: 'root' }, token: { description: 'token', secret: true } },
  id: { pattern: '(?<kind>[a-z]+)-(?<number>\\d+)', description: 'kind and number', example: 'jobs-7' },
  auth: [{ scheme: 'bearer', token: 'token' }],
  status: {
    request: { url: '{+baseUrl}/{kind}/{number}' },
    state: 'body.state',
    states: { busy: 'running', done: { follow: 'files' } },
  },
  followUps: [{ as: 'list', when: 'files', request: { url: '{+baseUrl}/{id}/files' } }],
  files: [{ each: 'list.body', url: 'item.href' }],
};
const FOLLOW = SOUND.followUps[0]!;

function complaint(change: object): string {
  try {
    checkProfile({ ...SOUND, ...change }, 'acme');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a profile is refused that contradicts itself:', () => {
  it('not a sound one', () => {
    expect(complaint({})).toBe('');
  });

  const statusWith = (change: object): object => ({ status: { ...SOUND.status, ...change } });
  it.each<[string, object, string]>([
    [
      'an example that is no id',
      { id: { ...SOUND.id, example: '7' } },
      'id.example: does not match the pattern',
    ],
    [
      'a part of the id that would be taken for a variable',
      { id: { ...SOUND.id, pattern: '(?<kind>[a-z]+)-(?<number>\\d+)(?<base\\u0055rl>)' } },
      'id.pattern: has a group "baseUrl", which is the name of a variable already',
    ],
    [
      'a default with a mistaken date word',
      {
        start: {
          parameters: { day: { description: 'the day', default: '{Yesterday}' } },
          request: { url: '{+baseUrl}' },
          id: 'body.id',
        },
      },
      'start.parameters.day.default: has {Yesterday}, which is no date; did you mean {yesterday}?',
    ],
    [
      'a credential that is no variable',
      { auth: [{ scheme: 'bearer', token: 'tokn' }] },
      'auth[0]: names a variable "tokn" that is not under variables; did you mean "token"?',
    ],
    [
      'one word with two meanings',
      statusWith({ states: { ...SOUND.status.states, 'in progress': 'running', In_Progress: 'failed' } }),
      'status.states.In_Progress: is the same word as "in progress"',
    ],
    [
      'a label that nobody waits for',
      statusWith({ states: { ...SOUND.status.states, odd: { follow: 'filez' } } }),
      'followUps: none has when: filez; did you mean "files"?',
    ],
    [
      'a follow-up that nothing leads to',
      { followUps: [FOLLOW, { ...FOLLOW, as: 'more', when: 'redy' }] },
      'followUps[1].when: "redy" is neither a state nor a label that a word leads to',
    ],
    [
      'a name that is taken',
      { followUps: [{ ...FOLLOW, as: 'body' }] },
      'followUps[0].as: "body" is the name of',
    ],
    ['a name that is used twice', { followUps: [FOLLOW, FOLLOW] }, 'followUps[1].as: "list" is used twice'],
    [
      'a URL with a variable that there is not',
      statusWith({ request: { url: '{+baseUrl}/{kind}/{nummber}' } }),
      'status.request.url: there is no variable "nummber"; did you mean "number"?',
    ],
    [
      'a secret in a URL',
      { followUps: [{ ...FOLLOW, request: { url: '{+baseUrl}/x{?token}' } }] },
      'followUps[0].request.url: "token" is secret, and a URL is no place for it',
    ],
    [
      'a header with a variable that there is not',
      statusWith({ request: { url: '{+baseUrl}', headers: { 'x-of': '{who}' } } }),
      'status.request.headers["x-of"]: there is no variable "who"',
    ],
    [
      'a secret in a header',
      statusWith({ request: { url: '{+baseUrl}', headers: { 'x-of': 'Bearer {token}' } } }),
      'status.request.headers["x-of"]: "token" is secret, and a header of a profile is no place for it: name it under auth',
    ],
    [
      'a secret in a header of a link',
      { files: [{ url: 'body.url', headers: { 'x-of': 'Bearer {+token}' } }] },
      'files[0].headers["x-of"]: "token" is secret, and a header of a profile is no place for it: name it under auth',
    ],
    [
      'a header of a link with a variable that there is not',
      { files: [{ url: 'body.url', headers: { 'x-of': '{who}' } }] },
      'files[0].headers["x-of"]: there is no variable "who"',
    ],
    [
      'a header with what is for URLs',
      { files: [{ url: 'body.url', headers: { 'x-of': '{{"a":1} {id,kind} {id} {+kind}' } }] },
      'files[0].headers["x-of"]: {id,kind} is for URLs; in a header a variable is written {name}',
    ],
    [
      'a link made of a variable that there is not',
      { files: [{ template: '{+baseUrl}/{name}' }] },
      'files[0].template: there is no variable "name"',
    ],
    ['a quota of nobody', { quota: { account: 'user' } }, 'quota.account: there is no variable "user"'],
    [
      'a function that there is not',
      statusWith({ state: 'size(body)' }),
      'calls size(), which does not exist',
    ],
    [
      'a function that could fill the memory',
      statusWith({ state: "pad_left('', `1e9`)" }),
      'calls pad_left()',
    ],
  ])('%s', (_, change, expected) => {
    expect(complaint(change)).toContain(expected);
  });

  const request = (change: object): object => ({ url: '{+baseUrl}', ...change });
  const started = (change: object): object => ({
    start: { parameters: {}, request: request({}), id: 'body.id', ...change },
  });
  it.each<[string, object]>([
    ['errors.status', { errors: { status: 'bdy.x' } }],
    ['errors.message', { errors: { message: 'bdy.x' } }],
    ['errors.retryAfter', { errors: { retryAfter: 'bdy.x' } }],
    ['errors.retryAt', { errors: { retryAt: 'bdy.x' } }],
    ['check.request.query', { check: { request: request({ query: 'bdy.x' }) } }],
    ['start.timeZone', started({ timeZone: 'bdy.x' })],
    ['start.id', started({ id: 'bdy.x' })],
    ['start.request.json', started({ request: request({ json: 'bdy.x' }) })],
    ['start.request.form', started({ request: request({ form: 'bdy.x' }) })],
    ['start.request.with.of', started({ request: request({ with: { of: 'bdy.x' } }) })],
    [
      'start.find.request.query',
      started({ find: { request: request({ query: 'bdy.x' }), each: 'body', id: 'item' } }),
    ],
    ['start.find.each', started({ find: { request: request({}), each: 'bdy.x', id: 'item' } })],
    ['start.find.where', started({ find: { request: request({}), each: 'body', id: 'item', where: 'bdy' } })],
    ['start.find.id', started({ find: { request: request({}), each: 'body', id: 'bdy.x' } })],
    ['start.refusals[0].when', started({ refusals: [{ when: 'bdy.x', means: 'busy' }] })],
    ['status.request.json', statusWith({ request: request({ json: 'bdy.x' }) })],
    ['status.state', statusWith({ state: 'bdy.x' })],
    ['status.message', statusWith({ message: 'bdy.x' })],
    ['status.percent', statusWith({ percent: 'bdy.x' })],
    ['status.percent.fraction', statusWith({ percent: { fraction: 'bdy.x' } })],
    ['status.retryAfter', statusWith({ retryAfter: 'bdy.x' })],
    ['status.retryAt', statusWith({ retryAt: 'bdy.x' })],
    ['followUps[0].request.query', { followUps: [{ ...FOLLOW, request: request({ query: 'bdy.x' }) }] }],
    ['followUps[0].next', { followUps: [{ ...FOLLOW, next: 'bdy.x' }] }],
    ['followUps[0].next.cursor', { followUps: [{ ...FOLLOW, next: { cursor: 'bdy.x' } }] }],
    ['followUps[0].state', { followUps: [{ ...FOLLOW, state: 'bdy.x' }] }],
    ['followUps[0].message', { followUps: [{ ...FOLLOW, message: 'bdy.x' }] }],
    ['files[0].each', { files: [{ each: 'bdy.x', url: 'item' }] }],
    ['files[0].url', { files: [{ url: 'bdy.x' }] }],
    ['files[0].with.of', { files: [{ template: '{+baseUrl}', with: { of: 'bdy.x' } }] }],
    ['files[0].next', { files: [{ url: 'body.x', next: 'bdy.x' }] }],
    ['files[0].name', { files: [{ url: 'body.x', name: 'bdy.x' }] }],
    ['files[0].expires', { files: [{ url: 'body.x', expires: 'bdy.x' }] }],
    ['files[0].lifetime.seconds', { files: [{ url: 'body.x', lifetime: { seconds: 'bdy.x' } }] }],
    ['files[0].size', { files: [{ url: 'body.x', size: 'bdy.x' }] }],
    ['files[0].md5', { files: [{ url: 'body.x', md5: 'bdy.x' }] }],
    ['files[0].sha1', { files: [{ url: 'body.x', sha1: 'bdy.x' }] }],
    ['files[0].sha256', { files: [{ url: 'body.x', sha256: 'bdy.x' }] }],
    ['files[0].auth.apiWhen', { files: [{ url: 'body.x', auth: { apiWhen: 'bdy.x' } }] }],
    ['cancel.request.json', { cancel: { request: request({ json: 'bdy.x' }) } }],
    ['cancel.message', { cancel: { request: request({}), message: 'bdy.x' } }],
    ['quota.remaining', { quota: { remaining: 'bdy.x' } }],
    ['quota.limit', { quota: { limit: 'bdy.x' } }],
  ])('%s begins with a name that there is not', (place, change) => {
    const said = complaint(change);
    expect(said).toContain(`${place}: "bdy`);
    expect(said).toContain('did you mean "body"?');
  });

  it('the name of a follow-up is misspelt', () => {
    expect(complaint({ files: [{ each: 'lst[].body', url: 'item' }] })).toContain('did you mean "list"?');
  });

  it('a bare true is taken for a value', () => {
    const said = complaint(statusWith({ message: 'body.x == true' }));
    expect(said).toContain('begins with "true", which is a name: the value is written `true`');
  });

  it('but not for a bare null, which picks nothing by either name', () => {
    expect(complaint(statusWith({ message: 'body.x || null' }))).toBe('');
  });

  it.each<[object, string]>([
    [{ files: [{ url: 'body.x', auth: 'always' }] }, 'must be none, api, or { apiWhen: EXPRESSION }'],
    [
      { files: [{ url: 'body.x', lifetime: 60 }] },
      'must be a duration such as 60s, or { seconds: EXPRESSION }',
    ],
    [{ files: [{ url: 'body.x', lifetime: '60' }] }, 'files[0].lifetime: '],
  ])('a choice is none: %j', (change, expected) => {
    expect(complaint(change)).toContain(expected);
  });

  it('but not for variables that the request or the pages bring', () => {
    const request = { url: '{+baseUrl}/{of}{?cursor}', with: { of: 'body.of' } };
    expect(complaint({ followUps: [{ ...FOLLOW, request, next: { cursor: 'body.next' } }] })).toBe('');
  });
});

it.each(['(?:a?|b?|c?){30}(?!)|[a-z]+-7', '(?<kind>(a+)+)b|.*'])(
  'the names in a pattern are found without matching it, which could take for ever: %s',
  (pattern) => {
    expect(complaint({ id: { pattern, description: 'x', example: 'jobs-7' } })).toContain(
      'there is no variable',
    );
  },
);
