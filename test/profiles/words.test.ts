import * as fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { builtinNames } from '../../src/profiles/builtin-names.ts';
import { loadBuiltin } from '../../src/profiles/load-builtin.ts';
import { isFinal, lookUpWord, normaliseWord } from '../../src/profiles/words.ts';

describe('the spellings of a word', () => {
  it.each([
    ['In Progress', 'in_progress', 'In progress', 'IN-PROGRESS', ' in  progress '],
    ['Success!', 'Success', 'success', 'SUCCESS!!'],
    ['Success With Errors', 'success_with_errors', 'Success with errors'],
    ['Empty List', 'empty_list'],
    ['Canceled by user', 'canceled_by_user'],
    ['exportation in progress', 'Exportation In Progress'],
    ['pending', 'Pending', 'ＰＥＮＤＩＮＧ'],
  ])('are all the same: %s', (first, ...others) => {
    for (const other of others) expect(normaliseWord(other)).toBe(normaliseWord(first));
  });

  it.each([
    ['Success!', 'Success With Errors'],
    ['Error occurred', 'User error occurred'],
    ['ready', 'already'],
    ['queued', 'enqueued'],
    ['done', 'undone'],
  ])('do not make %s and %s the same', (one, other) => {
    expect(normaliseWord(one)).not.toBe(normaliseWord(other));
  });

  it('normalise to something that stays as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(normaliseWord(normaliseWord(text))).toBe(normaliseWord(text));
      }),
    );
  });

  it('are the same whatever separates the words', () => {
    const separator = fc.constantFrom(' ', '_', '-', '.', '/', '  ', ' - ');
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }),
        separator,
        (words, between) => {
          expect(normaliseWord(words.join(between).toUpperCase())).toBe(words.join(' '));
        },
      ),
    );
  });
});

describe.each(builtinNames)('the words of %s', (name) => {
  const profile = loadBuiltin(name);
  const vocabularies = [profile.status, ...profile.followUps].map(({ states }) => states);

  it('stay different words', () => {
    for (const states of vocabularies) {
      const words = Object.keys(states);
      expect(new Set(words.map(normaliseWord)).size).toBe(words.length);
    }
  });

  it('are found in every spelling', () => {
    for (const states of vocabularies) {
      for (const [word, meaning] of Object.entries(states)) {
        for (const spelling of [word, word.toUpperCase(), word.toLowerCase().replaceAll(' ', '_')]) {
          expect(lookUpWord(spelling, states)).toEqual(meaning);
        }
      }
    }
  });

  it('do not include what every object has', () => {
    for (const word of ['constructor', '__proto__', 'toString', '']) {
      expect(lookUpWord(word, profile.status.states)).toBeUndefined();
    }
  });
});

describe('what the vendors write', () => {
  const meaning = (profile: string, word: string): unknown =>
    lookUpWord(word, loadBuiltin(profile).status.states);

  it.each([
    ['Initializing', 'initializing', 'queued'],
    ['Queued', 'queued', 'queued'],
    ['In Progress', 'in_progress', 'running'],
    ['Available', 'available', 'ready'],
    ['Success With Errors', 'success_with_errors', 'ready-with-errors'],
    ['Empty List', 'empty_list', 'empty'],
    ['Failed', 'failed', 'failed'],
  ])('WebAdMIT: %s and %s are %s', (service, page, state) => {
    expect(meaning('webadmit', service)).toBe(state);
    expect(meaning('webadmit', page)).toBe(state);
  });

  it.each(['mytracker-raw', 'mytracker-segment'])('%s: every status of both pages', (profile) => {
    expect(meaning(profile, 'In progress')).toBe('running');
    expect(meaning(profile, 'Success!')).toBe('ready');
    expect(meaning(profile, 'Success')).toBe('ready');
    expect(meaning(profile, 'User error occurred')).toBe('failed');
    expect(meaning(profile, 'Canceled by user')).toBe('cancelled');
    expect(meaning(profile, 'Error occurred')).toEqual({ state: 'failed', after: 10 });
  });

  it('Rebilly: the documented order and the failure', () => {
    const words = ['pending', 'queued', 'processing', 'completed', 'failed'];
    const states = ['queued', 'queued', 'running', 'ready', 'failed'];
    expect(words.map((word) => meaning('rebilly', word))).toEqual(states);
  });

  it('Personium: "ready" decides nothing, and the walkthrough\'s words are not on the wire', () => {
    expect(meaning('personium', 'exportation in progress')).toBe('running');
    expect(meaning('personium', 'ready')).toEqual({ follow: 'idle' });
    expect(meaning('personium', 'acceptable')).toBeUndefined();
  });
});

test('only what waiting does not change is final', () => {
  expect((['queued', 'running', 'unknown'] as const).filter(isFinal)).toEqual([]);
  const final = ['ready', 'ready-with-errors', 'empty', 'failed', 'cancelled', 'gone'] as const;
  expect(final.filter(isFinal)).toEqual(final);
});
