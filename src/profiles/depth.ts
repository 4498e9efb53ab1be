/** Deeper than any service wants its parameters, and less than what takes up the stack. */
export const MOST_LEVELS = 100;

/** Whether lists and objects in a value are nested deeper than MOST_LEVELS, as those are that refer to themselves. */
export function isDeep(value: unknown): boolean {
  // Each only once a level, which those that refer to themselves twice would fill.
  let level = new Set<unknown>([value]);
  for (let depth = 0; level.size > 0; depth += 1) {
    if (depth > MOST_LEVELS) return true;
    const inner = [...level].flatMap((one) =>
      typeof one === 'object' && one !== null ? Object.values(one) : [],
    );
    level = new Set(inner);
  }
  return false;
}
