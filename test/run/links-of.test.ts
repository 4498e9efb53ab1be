import { describe, expect, it } from 'vitest';

import type { Link } from '../../src/api/link.ts';
import type { Look } from '../../src/api/look.ts';
import type { Target } from '../../src/account.ts';
import type { Event } from '../../src/events.ts';
import type { RunWorld } from '../../src/run/world.ts';
import { issueLinks, linksOf, stateError } from '../../src/run/links-of.ts';
import { apiWorld } from '../helpers/api.ts';

const LINK = { identity: '/a' } as Link;

describe('the links', () => {
  it('are those of an export that is ready', () => {
    expect(linksOf({ state: 'ready', word: 'Success!', links: [LINK] })).toEqual([LINK]);
    expect(linksOf({ state: 'ready-with-errors', word: 'done', links: [LINK] })).toEqual([LINK]);
  });

  it('are none of an export that is empty', () => {
    expect(linksOf({ state: 'empty', word: 'Empty List' })).toEqual([]);
  });

  it('that a ready export lacks are a protocol error', () => {
    expect(() => linksOf({ state: 'ready', word: 'Available', links: undefined })).toThrow(
      'the provider says "Available" but gives no link',
    );
  });
});

describe('any other state', () => {
  it.each<[Look, number, string, string]>([
    [
      { state: 'queued', word: 'Queued' },
      8,
      'the provider is still working: "Queued"',
      'run the same command again later',
    ],
    [
      { state: 'running', word: 'In progress' },
      8,
      'the provider is still working: "In progress"',
      'run the same command again later',
    ],
    [
      { state: 'failed', word: 'failed', message: 'record-limit-exceeded' },
      10,
      'the provider says that the export failed: "failed": record-limit-exceeded',
      'a new export is needed',
    ],
    [
      { state: 'cancelled', word: 'Canceled by user' },
      10,
      'the provider says that the export was cancelled: "Canceled by user"',
      'a new export is needed',
    ],
    [
      { state: 'gone', word: 'not found' },
      11,
      'the provider does not have this export (any more): "not found"',
      'check the id and the account',
    ],
    [
      { state: 'unknown', word: 'archived', provider: 'acme' },
      76,
      'the provider\'s status "archived" is not in the profile',
      '`exportpoll providers acme`',
    ],
  ])('%j is an error with exit code %d, and says what to do', (found, exitCode, message, hint) => {
    const error = stateError(found);
    expect(error).toMatchObject({ exitCode, message });
    expect(error?.hint).toContain(hint);
    expect(() => linksOf(found)).toThrow(message);
  });
});

describe('issued links', () => {
  const url = new URL('https://files.example/s3cret-k3y/a.csv');
  const link = { identity: '/s3cret-k3y/a.csv', url, expiresAt: Date.UTC(2030, 0, 1) } as Link;
  const target = { account: { name: 'acme' }, id: '7' } as Target;

  it('are told, and have no secret in their identity', () => {
    const { context } = apiWorld();
    context.redactor.add('s3cret-k3y');
    const events: Event[] = [];
    const world = { context, report: (event: Event) => events.push(event) } as unknown as RunWorld;
    const { list, called } = issueLinks({ state: 'ready', word: 'done', links: [link] }, true, target, world);
    expect(list.map(({ identity }) => identity)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect([...called]).toEqual([[list[0]?.identity, 'a.csv']]);
    const expiresAt = '2030-01-01T00:00:00.000Z';
    expect(events).toEqual([{ type: 'link.issued', provider: 'acme', id: '7', files: 1, expiresAt }]);
  });
});
