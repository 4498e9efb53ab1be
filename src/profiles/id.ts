import { matchesWhole, MOST_MATCHED } from './pattern.ts';
import type { Profile } from './schema.ts';

/** The pattern of the profile's ids, anchored. */
export function compileIdPattern(profile: Profile): RegExp {
  return new RegExp(`^(?:${profile.id.pattern})$`, 'u');
}

/** In UTF-16 units. */
const SHORT = 64;

/**
 * Whether the profile's service can have given the id; `..` is none, whatever the pattern says, nor is what takes the
 * pattern longer than anybody waits.
 */
export function isIdOf(profile: Profile, id: string): boolean {
  if (id.length > MOST_MATCHED || hasDotSegment(id)) return false;
  // There may be thousands of ids. What takes exponential time is not here, see `isSafePattern`; what grows with a
  // power of the length is quick when that is small.
  if (id.length <= SHORT) return compileIdPattern(profile).test(id);
  try {
    return matchesWhole(profile.id.pattern, id);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Whether a URL that has the text in it would lead to another place than it seems: `.` and `..` are taken as steps. */
export function hasDotSegment(value: string): boolean {
  return value
    .replace(/%2e/gi, '.')
    .split(/[/\\]/)
    .some((segment) => segment === '.' || segment === '..');
}

/** As much of an id as tells which one it is: what is none may be long. */
export function shortened(id: string): string {
  return id.length > SHORT ? `${id.slice(0, SHORT)}…` : id;
}
