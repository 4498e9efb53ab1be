/** What can be known of a start whose answer is not. */
export interface Traces {
  /** The parameters are those that it was asked with: else another export would be looked for, or started. */
  readonly isSame: boolean;
  /** The exports with the same parameters that the provider listed before; absent where it has no list to give. */
  readonly before: readonly string[] | undefined;
  /** The name that was chosen for it, where that is its id. */
  readonly named: string | undefined;
  /** The same request gives the same export. */
  readonly idempotent: boolean;
  /** The request was answered and not refused: made again, it may well start another one. */
  readonly isAnswered: boolean;
}

/** What to do before anything is asked again. */
export type WayOn =
  /** Look for it in the provider's list, with `grace` also when that is over; where it is not there, `orElse`. */
  | {
      readonly kind: 'find';
      readonly before: readonly string[];
      readonly grace: boolean;
      readonly orElse: 'ask-again' | 'undecided';
    }
  /**
   * Look at it under its name; where it is not there, ask again, with that name, or, since that is not what is asked for
   * any more, forget it, after the grace.
   */
  | { readonly kind: 'look'; readonly id: string; readonly orElse: 'ask-again' | 'start-anew' }
  | { readonly kind: 'ask-again' }
  /** Nobody can tell: a person has to decide. */
  | { readonly kind: 'undecided' };

/**
 * How to go on after a start whose answer was lost, in this run or in an earlier one:
 *
 * | same parameters | listed before | its name is its id | idempotent | answered | way on |
 * | --- | --- | --- | --- | --- | --- |
 * | yes | yes | | yes | | find, and else ask again |
 * | yes | yes | | no | no | find, also after the grace, and else ask again |
 * | yes | yes | | no | yes | find, also after the grace, and else undecided |
 * | yes | no | yes | | | look, and else ask again |
 * | yes | no | no | yes | | ask again |
 * | yes | no | no | no | | undecided |
 * | no | | yes | | | look, also after the grace, and else start anew |
 * | no | | no | | | undecided |
 */
export function wayOn({ isSame, before, named, idempotent, isAnswered }: Traces): WayOn {
  if (isSame && before !== undefined) {
    const orElse = isAnswered && !idempotent ? 'undecided' : 'ask-again';
    return { kind: 'find', before, grace: !idempotent, orElse };
  }
  if (named !== undefined) return { kind: 'look', id: named, orElse: isSame ? 'ask-again' : 'start-anew' };
  return isSame && idempotent ? { kind: 'ask-again' } : { kind: 'undecided' };
}
