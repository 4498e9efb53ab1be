import type { Listed } from '../../api/start.ts';

/** The exports that a start whose answer was lost may have made. */
export interface Fresh {
  readonly ids: readonly string[];
  /** None of them can have been there before the start. */
  readonly isSure: boolean;
}

/**
 * The exports like the one that was asked for that were not listed `before`. A list may end where a page does, and what
 * is removed from it lets an older export move into view, which nobody started now; in a list with the newest first, it
 * moves in behind the others:
 *
 * | of those before | the new ones stand | they are |
 * | --- | --- | --- |
 * | all are still listed | anywhere | new |
 * | some are not | ahead of those that still are | new |
 * | some are not | behind one that still is | perhaps older |
 * | none is | anywhere | perhaps older |
 *
 * @param before in any order
 * @param taken ids that are known to belong to other orders
 */
export function freshAmong(
  before: readonly string[],
  listed: readonly Listed[],
  taken: ReadonlySet<string>,
): Fresh {
  const known = new Set(before);
  const now = new Set(listed.map(({ id }) => id));
  const isFresh = ({ id, isAlike }: Listed): boolean => isAlike && !known.has(id) && !taken.has(id);
  const isComplete = before.every((id) => now.has(id));
  const firstKnown = listed.findIndex(({ id }) => known.has(id));
  return {
    ids: listed.filter(isFresh).map(({ id }) => id),
    isSure: isComplete || (firstKnown >= 0 && !listed.slice(firstKnown).some(isFresh)),
  };
}
