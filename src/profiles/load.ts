import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

import { didYouMean } from '../nearest.ts';
import { ConfigError, messageOf } from '../errors.ts';
import { kindNamed, kindOf } from '../kinds.ts';
import { crossCheck } from './cross-check.ts';
import { profileSchema, type Profile } from './schema.ts';

/** Reads a profile from YAML or JSON text. `origin` names it in errors. Throws ConfigError. */
export function parseProfile(text: string, origin: string): Profile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new ConfigError(`${origin}, line ${lines.linePos(problem.pos[0]).line}: ${problem.message}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError(`${origin}: ${messageOf(error)}`);
  }
  return checkProfile(value, origin);
}

/**
 * Checks a profile that is already data. Throws ConfigError with every problem in it, a line for each, in which `at`
 * says where it is.
 */
export function checkProfile(
  value: unknown,
  origin: string,
  at: (key: readonly PropertyKey[]) => string = (key) =>
    key.length === 0 ? origin : `${origin}: ${z.core.toDotPath(key)}`,
): Profile {
  const result = profileSchema.safeParse(value, { error: phrase });
  const problems = result.success ? crossCheck(result.data) : result.error.issues.flatMap(perKey);
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(problems.map(({ path, message }) => `${at(path)}: ${message}`).join('\n'));
}

/** Keys that do not exist are told where each of them stands: `phrase` has given them a line each. */
function perKey(issue: z.core.$ZodIssue): { path: PropertyKey[]; message: string }[] {
  if (issue.code !== 'unrecognized_keys') return [issue];
  const lines = issue.message.split('\n');
  return issue.keys.map((key, index) => ({ path: [...issue.path, key], message: lines[index] ?? '' }));
}

/** What zod would say about its own rules, in the words of somebody who writes a profile. */
function phrase(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code.startsWith('invalid_') && issue.input === undefined) return 'is missing';
  if (issue.code === 'invalid_type') {
    return `must be ${kindNamed(issue.expected)}, but is ${kindOf(issue.input)}`;
  }
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => message).join(', ');
  if (issue.code !== 'unrecognized_keys' || !(issue.inst instanceof z.ZodObject)) return undefined;
  const known = Object.keys(issue.inst.shape);
  return issue.keys.map((key) => `is not a key that exists here${didYouMean(key, known)}`).join('\n');
}
