// Readers for the values of settings. Each throws RangeError with the rest of a sentence that names the setting.

import { matchesWhole, MOST_MATCHED } from '../profiles/pattern.ts';
import { isLoopback } from '../loopback.ts';
import type { CiOutput } from '../settings.ts';
import { parseDuration } from '../units.ts';

export function text(value: string): string {
  if (value.trim() === '') throw new RangeError('must not be empty');
  return value;
}

export function oneOf<Word extends string>(...choices: readonly Word[]) {
  return {
    choices,
    parse: (value: string): Word => {
      const found = choices.find((choice) => choice === value);
      if (found === undefined) throw new RangeError(`must be one of ${choices.join(', ')}`);
      return found;
    },
  };
}

export function yesOrNo(value: string): boolean {
  if (/^(true|yes|on|1)$/i.test(value)) return true;
  if (/^(false|no|off|0)$/i.test(value)) return false;
  throw new RangeError('must be true or false');
}

export function atLeast(least: number) {
  return (value: string): number => {
    const number = /^\d{1,6}$/.test(value) ? Number(value) : -1;
    if (number < least) throw new RangeError(`must be a whole number from ${least} to 999999`);
    return number;
  };
}

/** Shorter waits would be a busy loop, or no patience at all. */
const LEAST_WAIT_MS = 100;

export function wait(value: string): number {
  const ms = parseDuration(value);
  if (ms < LEAST_WAIT_MS) throw new RangeError(`must be at least ${LEAST_WAIT_MS}ms`);
  return ms;
}

export function nameTemplate(value: string): string {
  if (value.includes('/')) throw new RangeError('must not have a "/" in it: files go to --output');
  const unknown = value
    .match(/\{[^{}]*\}/g)
    ?.find((field) => !/^\{(provider|id|index|name|stem|ext)\}$/.test(field));
  if (unknown !== undefined) {
    throw new RangeError(
      `has ${unknown}, but only {provider} {id} {index} {name} {stem} {ext} mean something`,
    );
  }
  return text(value);
}

/** The address of a check. Its path is what lets one in, so it goes over TLS, or not over the network at all. */
export function pingUrl(value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw new RangeError('must be an https URL');
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new RangeError('must be an https URL; plain http is for the loopback interface only');
  }
  if (url.username !== '' || url.password !== '') {
    throw new RangeError('must have no user name and no password in it');
  }
  return url;
}

export function ciOutput(value: string): CiOutput {
  if (value === 'github') return { system: 'github' };
  const file = /^gitlab:(.+)$/s.exec(value)?.[1];
  if (file === undefined) throw new RangeError('must be github or gitlab:FILE');
  return { system: 'gitlab', file };
}

/** Passes what a profile's regular expression matches as a whole. */
export function checkPattern(value: string, pattern: string | undefined): void {
  if (pattern === undefined) return;
  if (value.length > MOST_MATCHED) throw new RangeError(`is longer than ${MOST_MATCHED} characters`);
  if (!matchesWhole(pattern, value))
    throw new RangeError(`does not have the form that the profile asks for: ${pattern}`);
}
