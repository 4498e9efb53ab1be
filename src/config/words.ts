import { parse } from 'shell-quote';

/**
 * Splits a command into words as a shell does: quotes and backslashes work, variables and operators do not. Throws
 * RangeError for what only a shell could do.
 */
export function splitWords(command: string): string[] {
  if (/["']/.test(unquoted(command))) throw new RangeError('has a quote that is not closed');
  return parse(command, (name) => `$${name}`).map((word) => {
    if (typeof word === 'string') return word;
    if ('pattern' in word) return word.pattern;
    const what = 'op' in word ? word.op : '#';
    throw new RangeError(
      `has "${what}", which is for a shell, and none is started: quote it, or write sh -c "…"`,
    );
  });
}

/** A command as `--exec` takes it: it can be split, and has a program. */
export function commandText(command: string): string {
  const [program = ''] = splitWords(command);
  if (program === '') throw new RangeError('must name a program');
  return command;
}

/** The text without its escaped and its quoted parts. */
function unquoted(text: string): string {
  return text.replace(/\\.|"(?:\\.|[^"\\])*"|'[^']*'/gs, '');
}
