import { expect, it } from 'vitest';

import { wayOn, type WayOn } from '../../../src/run/start/way-on.ts';

const before = ['1'];
const FIND: WayOn = { kind: 'find', before, grace: false, orElse: 'ask-again' };
const FIND_LATER: WayOn = { kind: 'find', before, grace: true, orElse: 'ask-again' };
const LOOK: WayOn = { kind: 'look', id: 'mine', orElse: 'ask-again' };
const LOOK_OTHER: WayOn = { kind: 'look', id: 'mine', orElse: 'start-anew' };
const ASK_AGAIN: WayOn = { kind: 'ask-again' };
const UNDECIDED: WayOn = { kind: 'undecided' };

it.each([
  // same parameters, listed before, its name is its id, idempotent
  [true, true, true, true, FIND],
  [true, true, true, false, FIND_LATER],
  [true, true, false, true, FIND],
  [true, true, false, false, FIND_LATER],
  [true, false, true, true, LOOK],
  [true, false, true, false, LOOK],
  [true, false, false, true, ASK_AGAIN],
  [true, false, false, false, UNDECIDED],
  [false, true, true, true, LOOK_OTHER],
  [false, true, true, false, LOOK_OTHER],
  [false, true, false, true, UNDECIDED],
  [false, true, false, false, UNDECIDED],
  [false, false, true, true, LOOK_OTHER],
  [false, false, true, false, LOOK_OTHER],
  [false, false, false, true, UNDECIDED],
  [false, false, false, false, UNDECIDED],
] as const)(
  'same parameters %s, listed %s, named %s, idempotent %s: %j',
  (isSame, isListed, isNamed, idempotent, way) => {
    const traces = {
      isSame,
      before: isListed ? before : undefined,
      named: isNamed ? 'mine' : undefined,
      idempotent,
    };
    expect(wayOn({ ...traces, isAnswered: false })).toEqual(way);
    // What was answered is not asked for again blindly.
    const isRisky = way === FIND_LATER;
    expect(wayOn({ ...traces, isAnswered: true })).toEqual(isRisky ? { ...way, orElse: 'undecided' } : way);
  },
);
