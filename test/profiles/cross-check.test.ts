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
