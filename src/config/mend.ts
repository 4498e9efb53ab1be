import type { z } from 'zod';

/**
 * A copy of what a file says without what a schema found wrong in it, so that one mistake does not hide all that is
 * right, nor the mistakes that show only later. `undefined` when all of it is wrong.
 */
export function withoutIssues(data: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
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
