import { ConfigError } from '../errors.ts';
import { dateMistakeIn, fillDates } from '../profiles/date-words.ts';
import { complaints } from './complaints.ts';
import type { ConfigFile } from './config-file.ts';

/** Parameters under `start:` whose date words are mistaken, or which YAML has not taken for text: `{today}` unquoted. */
export function mistakenDates(file: ConfigFile): ConfigError[] {
  const mistakes = Object.entries(file.data.exports).flatMap(([name, { start = {} }]) =>
    Object.entries(start).flatMap(([parameter, value]) => {
      const what = mistakeIn(value);
      return what === undefined ? [] : [`${file.at(['exports', name, 'start', parameter])} ${what}`];
    }),
  );
  return complaints(mistakes, (mistake) => mistake).map((complaint) => new ConfigError(complaint));
}

/** What is wrong with the date words in a parameter, as the rest of a sentence; `undefined` for nothing. */
export function mistakeIn(value: unknown): string | undefined {
  return unquotedIn(value) ?? dateMistakeIn(value);
}

/** What to say of a date word that has become an object with a member of that name, and nothing in it. */
function unquotedIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const [first, ...more] = Object.entries(value);
  if (first?.[1] === null && more.length === 0 && isDateWord(`{${first[0]}}`)) {
    return `is {${first[0]}}, which YAML takes for an object: write '{${first[0]}}', in quotes`;
  }
  return Object.values(value)
    .map(unquotedIn)
    .find((what) => what !== undefined);
}

function isDateWord(text: string): boolean {
  return dateMistakeIn(text) === undefined && fillDates(text, 0, 'UTC') !== text;
}
