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
}

/** What to do before anything is asked again. */
export type WayOn =
  /** Look for it in the provider's list; where it is not there, ask again: at once, or when its `grace` is over. */
  | { readonly kind: 'find'; readonly before: readonly string[]; readonly grace: boolean }
  /** Look at it under its name; where it is not there, ask again, with that name. */
  | { readonly kind: 'look'; readonly id: string }
  | { readonly kind: 'ask-again' }
  /** Nobody can tell: a person has to decide. */
  | { readonly kind: 'undecided' };

/**
 * How to go on after a start whose answer was lost, in this run or in an earlier one:
 *
 * | same parameters | listed before | its name is its id | idempotent | way on |
 * | --- | --- | --- | --- | --- |
 * | yes | yes | | yes | find, and else ask again |
 * | yes | yes | | no | find, also after the grace, and else ask again |
 * | yes | no | yes | | look |
 * | yes | no | no | yes | ask again |
 * | yes | no | no | no | undecided |
 * | no | | yes | | look |
 * | no | | no | | undecided |
 */
export function wayOn({ isSame, before, named, idempotent }: Traces): WayOn {
  if (isSame && before !== undefined) return { kind: 'find', before, grace: !idempotent };
  if (named !== undefined) return { kind: 'look', id: named };
  return isSame && idempotent ? { kind: 'ask-again' } : { kind: 'undecided' };
}
