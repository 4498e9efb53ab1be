import { expect, it } from 'vitest';

import type { StartReply } from '../../../src/api/start.ts';
import { RefusedError } from '../../../src/errors.ts';
import { afterReply, type AfterReply } from '../../../src/run/start/after-reply.ts';

const error = new RefusedError('no');
const DONE: AfterReply = { kind: 'done', id: 'new' };
const OURS: AfterReply = { kind: 'done', id: 'mine' };
const UNDECIDED: AfterReply = { kind: 'undecided' };
const RENAME: AfterReply = { kind: 'rename', error };
const REFUSED: AfterReply = { kind: 'refused', error };
const WAIT: AfterReply = { kind: 'wait', error };

type Kind = StartReply['kind'];
/** Each row: reply; for may rename and may not: heard with an id, heard without, unheard with an id, unheard without. */
const rows: [Kind, boolean, AfterReply, AfterReply, AfterReply, AfterReply][] = [
  ['started', true, DONE, DONE, DONE, DONE],
  ['started', false, DONE, DONE, DONE, DONE],
  ['taken', true, OURS, UNDECIDED, RENAME, RENAME],
  ['taken', false, OURS, UNDECIDED, REFUSED, REFUSED],
  ['spent', true, RENAME, RENAME, RENAME, RENAME],
  ['spent', false, REFUSED, REFUSED, REFUSED, REFUSED],
  ['busy', true, WAIT, WAIT, WAIT, WAIT],
  ['busy', false, WAIT, WAIT, WAIT, WAIT],
];

it.each(
  rows.flatMap(([kind, mayRename, ...then]) =>
    then.map((next, at) => [kind, at < 2, at % 2 === 0, mayRename, next] as const),
  ),
)('%s, may be heard %s, has an id %s, may rename %s: %j', (kind, mayBeHeard, hasId, mayRename, next) => {
  const reply: StartReply = kind === 'started' ? { kind, id: 'new' } : { kind, error };
  expect(afterReply(reply, { mayBeHeard, id: hasId ? 'mine' : undefined, mayRename })).toEqual(next);
});
