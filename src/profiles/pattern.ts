import { withinTime } from './time-limit.ts';

/** The longest that a match may take, in ms. It takes microseconds, but the machine may be busy elsewhere. */
const LONGEST_MS = 3000;
/** Texts longer than this are not matched at all, in UTF-16 units. */
export const MOST_MATCHED = 1000;

/** The names of a pattern's groups, however they are spelled in it. */
export function groupsOf(pattern: string): string[] {
  // The empty alternative goes first, and matches at once, whatever the pattern itself would take.
  return Object.keys(new RegExp(`|${pattern}`, 'u').exec('')?.groups ?? {});
}

/** Whether the pattern matches all of the text. Throws RangeError when that takes longer than anybody waits. */
export function matchesWhole(pattern: string, text: string): boolean {
  const expression = new RegExp(`^(?:${pattern})$`, 'u');
  try {
    return withinTime(() => expression.test(text), LONGEST_MS);
  } catch (error) {
    throw new RangeError(`takes too long to match ${pattern}`, { cause: error });
  }
}
