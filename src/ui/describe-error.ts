import { ExportpollError, messageOf } from '../errors.ts';
import { neutraliseCommands } from './ci.ts';
import { maskedText } from './clean.ts';
import type { Redactor } from '../secrets.ts';

/**
 * The last words of a run that failed, line by line, masked and safe to print: for an error that a person can act on
 * what happened and what to do; for anything else a request to report it, with its stack when `verbose`.
 */
export function describeError(error: unknown, redactor: Redactor, verbose = false): string[] {
  // Commands to CI systems are broken wherever it runs: nothing reads an error message back.
  const lines = linesOf(error, verbose).map((line) =>
    neutraliseCommands(maskedText(line, redactor).trimEnd()),
  );
  return lines.map((line, index) => (index === 0 ? `exportpoll: ${line}` : `  ${line}`));
}

/**
 * Whether the command line, or `EXPORTPOLL_VERBOSE`, asks for the stack of a bug: read from the text itself, as the bug
 * may be in whatever reads it.
 */
export function asksForStack(args: readonly string[], variable = ''): boolean {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  // -q is the only other short flag without a value, which -v may follow as in -qv.
  return flags.some((flag) => /^-q*v|^--verbose$/.test(flag)) || /^(true|yes|on|1)$/i.test(variable);
}

function linesOf(error: unknown, verbose: boolean): string[] {
  if (error instanceof ExportpollError) {
    return [error.message, ...(error.hint === undefined ? [] : [error.hint])].flatMap(splitLines);
  }
  const name = error instanceof Error ? error.name : typeof error;
  const stack =
    verbose && error instanceof Error ? splitLines(error.stack ?? '').map((line) => line.trim()) : [];
  const request = `please report this bug in exportpoll${stack.length > 0 ? '' : '; -v shows where it happened'}`;
  return [...splitLines(`${name}: ${messageOf(error)}`), request, ...stack];
}

function splitLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
