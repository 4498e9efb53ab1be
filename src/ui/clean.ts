import type { Context } from '../context.ts';
import { isCI, neutraliseCommands } from './ci.ts';
import type { Redactor } from '../secrets.ts';
import { safeText } from './text.ts';

/** Longer lines help nobody, and a server decides how long its messages are. */
const LONGEST_LINE = 2000;

/** Makes one line of text fit to be shown to a person, whoever wrote it. */
export type Clean = (line: string) => string;

/** The cleaner of this world: secrets masked, terminal-safe, one line, and no command to the CI system it runs in. */
export function createCleaner({ redactor, env }: Pick<Context, 'redactor' | 'env'>): Clean {
  const inCI = isCI(env);
  return (line) => {
    const safe = maskedText(line, redactor);
    return inCI ? neutraliseCommands(safe) : safe;
  };
}

/**
 * Masks before and after: a secret with a control character in it is only found before they are removed, and one
 * that an echo has broken up with them only after.
 */
export function maskedText(line: string, redactor: Redactor): string {
  return safeText(redactor.mask(safeText(redactor.mask(line))), LONGEST_LINE);
}
