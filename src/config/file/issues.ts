import type { z } from 'zod';

import { kindNamed, kindOf } from '../../kinds.ts';
import { didYouMean } from '../../nearest.ts';
import { complaints } from '../complaints.ts';
import { keysAt } from '../schema.ts';

type Issue = z.core.$ZodIssue;

/**
 * What a schema found wrong, a sentence for each, from the top of the file to its end: where, what, and the nearest known
 * key. Values are not quoted.
 */
export function describeIssues(
  issues: readonly Issue[],
  at: (key: readonly PropertyKey[]) => string,
  lineOf: (key: readonly PropertyKey[]) => number | undefined,
): string[] {
  const found = issues
    .flatMap(mistakesIn)
    .map((mistake) => ({ ...mistake, line: lineOf(mistake.key) ?? 0 }))
    .sort((a, b) => a.line - b.line);
  return complaints(found, ({ key, what }) => `${at(key)} ${what()}`);
}

/** A single mistake; `what` goes on after where it stands, and takes its time. */
interface Mistake {
  readonly key: readonly PropertyKey[];
  readonly what: () => string;
}

function mistakesIn(issue: Issue): Mistake[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      key: [...path, key],
      what: () => `is not a key that exists here${didYouMean(key, keysAt(path))}`,
    }));
  }
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ key: path, what: () => message }));
  return [{ key: path, what: () => phrase(issue) }];
}

/** The schema's own messages go on after the key (`must be …`); zod's own for wrong types do not. */
function phrase(issue: Issue): string {
  if (issue.code !== 'invalid_type' && issue.code !== 'invalid_union') return issue.message;
  const wanted = issue.code === 'invalid_type' ? `must be ${kindNamed(issue.expected)}` : issue.message;
  return `${wanted}, but is ${kindOf(issue.input)}`;
}

/**
 * A copy of what a file says without what a schema found wrong in it, so that one mistake does not hide all that is
 * right, nor the mistakes that show only later. `undefined` when all of it is wrong.
 */
export function withoutIssues(data: unknown, issues: readonly Issue[]): unknown {
  const mended: unknown = structuredClone(data);
  const paths = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  return paths.every((path) => remove(mended, path)) ? mended : undefined;
}

function remove(data: unknown, path: readonly PropertyKey[]): boolean {
  const key = path.at(-1);
  if (key === undefined) return false;
  let holder = data;
  for (const step of path.slice(0, -1)) holder = (holder as Record<PropertyKey, unknown> | undefined)?.[step];
  if (typeof holder === 'object' && holder !== null) Reflect.deleteProperty(holder, key);
  return true;
}
