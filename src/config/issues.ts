import type { z } from 'zod';

import { didYouMean } from '../nearest.ts';
import { keysAt } from './schema.ts';

type Issue = z.core.$ZodIssue;

/** What a schema found wrong, a sentence for each: where, what, and the nearest known key. Values are not quoted. */
export function describeIssues(
  issues: readonly Issue[],
  at: (key: readonly PropertyKey[]) => string,
): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const where = at([...issue.path, key]);
        return `${where} is not a key that exists here${didYouMean(key, keysAt(issue.path))}`;
      });
    }
    if (issue.code === 'invalid_key') {
      return issue.issues.map(({ message }) => `${at(issue.path)} ${message}`);
    }
    return [`${at(issue.path)} ${phrase(issue)}`];
  });
}

/** The schema's own messages go on after the key (`must be …`); zod's own for wrong types do not. */
function phrase(issue: Issue): string {
  return issue.code === 'invalid_type' ? `must be ${article(issue.expected)}` : issue.message;
}

function article(expected: string): string {
  if (expected === 'record' || expected === 'object') return 'a mapping of keys to values';
  if (expected === 'array') return 'a list';
  return expected === 'string' ? 'text' : `a ${expected}`;
}
