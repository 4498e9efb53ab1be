import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

import { ConfigError, messageOf } from '../errors.ts';
import { checkExpression } from './expression.ts';
import { profileSchema, type Profile } from './schema.ts';

/** The built-in profiles are files of the same language that users write; they ship beside the program. */
const BUILTIN_DIRECTORY = fileURLToPath(new URL('../../profiles/', import.meta.url));

export const builtinNames: readonly string[] = readdirSync(BUILTIN_DIRECTORY)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => file.slice(0, -'.yaml'.length))
  .sort();

/** The text of a built-in profile, with its comments. */
export function builtinText(name: string): string {
  return readFileSync(`${BUILTIN_DIRECTORY}${name}.yaml`, 'utf8');
}

export function loadBuiltin(name: string): Profile {
  return parseProfile(builtinText(name), `built-in profile ${name}`);
}

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

/** Checks a profile that is already data. Throws ConfigError with every problem in it. */
export function checkProfile(value: unknown, origin: string): Profile {
  const result = profileSchema.safeParse(value);
  if (!result.success) throw new ConfigError(`${origin}: ${z.prettifyError(result.error)}`);
  const profile = result.data;
  try {
    expressionsOf(profile).forEach(checkExpression);
    compileIdPattern(profile);
  } catch (error) {
    throw new ConfigError(`${origin}: ${messageOf(error)}`, { cause: error });
  }
  return profile;
}

/** The pattern of the profile's ids, anchored. Throws SyntaxError when it is no regular expression. */
export function compileIdPattern(profile: Profile): RegExp {
  return new RegExp(`^(?:${profile.id.pattern})$`, 'u');
}

function expressionsOf(profile: Profile): string[] {
  const { status, errors, followUps, files } = profile;
  const percent = typeof status.percent === 'object' ? status.percent.fraction : status.percent;
  const candidates = [
    errors.status,
    errors.message,
    errors.retryAfter,
    errors.retryAt,
    status.state,
    percent,
    status.message,
    ...Object.values(status.request.with),
    ...followUps.flatMap((step) => [step.state, step.message, ...Object.values(step.request.with)]),
    ...files.flatMap((entry) => [entry.each, entry.url, entry.name, entry.expires]),
    ...files.flatMap((entry) => [entry.size, entry.md5, entry.sha1, entry.sha256]),
  ];
  return candidates.filter((expression) => expression !== undefined);
}
