import type { Context } from '../context.ts';
import { ExitCode } from '../errors.ts';
import { formatCount } from '../format.ts';
import { describeError } from '../ui/describe-error.ts';
import type { Outcome } from './outcome.ts';

/** More exports than this that end with the same error are listed below it. */
const MOST_APART = 20;
/** Of the lists of exports, in columns. */
const WIDTH = 100;

/** An error that nobody has told yet, and whose it is. */
interface Told {
  /** As `describeError` writes it. */
  readonly lines: readonly string[];
  /** None for what ends the whole run: an interruption ends a thousand exports with one sentence. */
  readonly subjects: Set<string>;
}

/** What to say of the failures that nobody has told yet: each error once, with the exports that it is about. */
export function errorLines(
  outcomes: readonly Outcome[],
  { redactor }: Pick<Context, 'redactor'>,
  verbose: boolean,
): string[] {
  const errors = new Map<string, Told>();
  for (const { subject, failures } of outcomes) {
    for (const { error, told } of failures) {
      if (told) continue;
      const lines = describeError(error, redactor, verbose);
      const same = errors.get(lines.join('\n')) ?? { lines, subjects: new Set() };
      if (subject !== '' && error.exitCode < ExitCode.sigint) same.subjects.add(subject);
      errors.set(lines.join('\n'), same);
    }
  }
  return [...errors.values()].flatMap(toldLines);
}

function toldLines({ lines, subjects }: Told): string[] {
  if (subjects.size === 0) return [...lines];
  if (subjects.size > MOST_APART)
    return [...withSubject(lines, formatCount(subjects.size, 'export')), ...inColumns([...subjects])];
  return [...subjects].flatMap((subject) => withSubject(lines, subject));
}

function withSubject([first = '', ...more]: readonly string[], subject: string): string[] {
  return [first.replace(/^exportpoll: /, `exportpoll: ${subject}: `), ...more];
}

/** As many in a line as fit. */
function inColumns(subjects: readonly string[]): string[] {
  const lines: string[] = [];
  for (const subject of subjects) {
    const last = lines.at(-1);
    if (last === undefined || last.length + subject.length >= WIDTH) lines.push(`  ${subject}`);
    else lines[lines.length - 1] = `${last} ${subject}`;
  }
  return lines;
}
