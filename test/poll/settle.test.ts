import { describe, expect, it, test } from 'vitest';

import type { Look } from '../../src/api/look.ts';
import type { Link } from '../../src/api/link.ts';
import { ProtocolError } from '../../src/errors.ts';
import { nothingSeen, settle } from '../../src/poll/settle.ts';
import type { State } from '../../src/events.ts';

const LINK = { identity: '/a', index: 0 } as Link;

/** The states that a wait makes of looks, one after the other; the message of the error that ends it, if one does. */
function settled(looks: readonly Look[], withinGrace = false): string[] {
  let memory = nothingSeen;
  const states: string[] = [];
  for (const found of looks) {
    try {
      const next = settle(found, memory, withinGrace);
      memory = next.memory;
      states.push(next.look.state);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return [...states, error.message];
    }
  }
  return states;
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const odd = (word: string): Look => ({ state: 'unknown', word });
const passing: Look = { state: 'running', word: 'Error occurred', settles: { state: 'failed', after: 3 } };
const running: Look = { state: 'running', word: 'In progress' };

describe('a look that needs no thought', () => {
  test.each<[Look, boolean, State]>([
    [{ state: 'queued', word: 'pending' }, false, 'queued'],
    [{ state: 'running', word: 'busy' }, true, 'running'],
    [{ state: 'ready', word: 'done', links: [LINK] }, false, 'ready'],
    [{ state: 'ready-with-errors', word: 'done', links: [LINK] }, false, 'ready-with-errors'],
    [{ state: 'ready', word: 'done', links: [] }, false, 'empty'],
    [{ state: 'ready-with-errors', word: 'done', links: [] }, false, 'empty'],
    [{ state: 'empty', word: 'none' }, false, 'empty'],
    [{ state: 'failed', word: 'failed' }, true, 'failed'],
    [{ state: 'cancelled', word: 'cancelled' }, true, 'cancelled'],
    [{ state: 'gone', word: 'not found' }, false, 'gone'],
    [{ state: 'gone', word: 'not found' }, true, 'queued'],
  ])('%j (within the grace: %j) is %s', (found, withinGrace, state) => {
    expect(settle(found, nothingSeen, withinGrace).look).toEqual({ ...found, state });
  });
});

describe('a word that nobody knows', () => {
  it('is shown four times, and an error the fifth time', () => {
    expect(settled(times(9, odd('archived')))).toEqual([
      ...times(4, 'unknown'),
      'the provider\'s status "archived" is not in the profile',
    ]);
  });

  it('is counted anew after it has passed', () => {
    const looks = [...times(4, odd('x')), running, ...times(4, odd('x'))];
    expect(settled(looks)).toEqual([...times(4, 'unknown'), 'running', ...times(4, 'unknown')]);
  });

  it('is counted together with other such words: a new one each time makes no more sense', () => {
    expect(settled([odd('a'), odd('b'), odd('c'), odd('d'), odd('e')])).toEqual([
      ...times(4, 'unknown'),
      'the provider\'s status "e" is not in the profile',
    ]);
  });

  it('is not counted for what the same word meant before', () => {
    const gone: Look = { state: 'gone', word: 'ready' };
    expect(settled([...times(9, gone), odd('ready')], true)).toEqual([...times(9, 'queued'), 'unknown']);
  });
});

describe('ready without a link', () => {
  const lacking: Look = { state: 'ready', word: 'Available', links: undefined };

  it('is still running four times, and an error the fifth time', () => {
    expect(settled(times(5, lacking))).toEqual([
      ...times(4, 'running'),
      'the provider says "Available" but gives no link',
    ]);
  });

  it('is ready once the link is there', () => {
    expect(settled([lacking, { ...lacking, links: [LINK] }])).toEqual(['running', 'ready']);
  });
});

describe('a word that may pass', () => {
  it('becomes what it settles into after as many times in a row', () => {
    expect(settled(times(3, passing))).toEqual(['running', 'running', 'failed']);
  });

  it('is counted anew when something else came in between', () => {
    const looks = [passing, passing, running, passing, passing, passing];
    expect(settled(looks)).toEqual(['running', 'running', 'running', 'running', 'running', 'failed']);
  });
});
