import { describe, expect, it } from 'vitest';

import type { Link } from '../../src/api/link.ts';
import type { Look } from '../../src/api/look.ts';
import { linksOf, stateError } from '../../src/run/links-of.ts';

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
  it.each<[Look, number, string]>([
    [{ state: 'queued', word: 'Queued' }, 8, 'the provider is still working: "Queued"'],
    [{ state: 'running', word: 'In progress' }, 8, 'the provider is still working: "In progress"'],
    [
      { state: 'failed', word: 'failed', message: 'record-limit-exceeded' },
      10,
      'the provider says that the export failed: "failed": record-limit-exceeded',
    ],
    [
      { state: 'cancelled', word: 'Canceled by user' },
      10,
      'the provider says that the export was cancelled: "Canceled by user"',
    ],
    [
      { state: 'gone', word: 'not found' },
      11,
      'the provider does not have this export (any more): "not found"',
    ],
    [{ state: 'unknown', word: 'archived' }, 76, 'the provider\'s status "archived" is not in the profile'],
  ])('%j is an error with exit code %d and a hint', (found, exitCode, message) => {
    const error = stateError(found);
    expect(error).toMatchObject({ exitCode, message });
    expect(error?.hint).toBeTruthy();
    expect(() => linksOf(found)).toThrow(message);
  });
});
