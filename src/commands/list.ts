import { basename } from 'node:path';

import { loadConfiguration, type Configuration } from '../config/configuration.ts';
import type { Context } from '../context.ts';
import { ExitCode, UsageError, type ExportpollError } from '../errors.ts';
import { formatCount, formatLocalTime } from '../format.ts';
import { targetOf, type Entry } from '../ledger/entry.ts';
import { Ledger } from '../ledger/ledger.ts';
import { didYouMean } from '../nearest.ts';
import { forget, forgetOld } from '../run/forget.ts';
import type { Invocation } from '../run/session.ts';
import { createCleaner, maskedText } from '../ui/clean.ts';
import { table } from '../ui/table.ts';

/**
 * `exportpoll list`: the exports that this machine has started or has half done, or those of them that are named. With
 * `--prune` those that are finished, and those that nobody has looked at for a month, are forgotten first; where some are
 * named, these and no others are forgotten, in whatever state they are, and there is nothing left to list.
 */
export async function list(
  context: Context,
  invocation: Invocation,
  { prune }: { readonly prune: boolean },
): Promise<ExitCode> {
  const configuration = await loadConfiguration(context, invocation);
  const { quiet, json, verbose } = configuration.settings;
  const { targets } = invocation;
  const { stderr, stdout, redactor } = context;
  const tell = (line: string): void => {
    if (!quiet) stderr.stream.write(`exportpoll: ${maskedText(line, redactor)}\n`);
  };
  const warn = ({ message, hint = '' }: ExportpollError): void => tell(`warning: ${message}; ${hint}`);
  const ledger = new Ledger(context);
  const known = await ledger.list(warn);
  const named = targets.map((text) => entriesOf(text, known, configuration, ledger));
  let entries = targets.length > 0 ? [...new Set(named.flat())] : known;
  if (prune && targets.length > 0) {
    for (const entry of new Set(onlyOnes(targets, named))) {
      await forget(entry, ledger, context);
      tell(`${targetOf(entry)} forgotten`);
    }
    entries = [];
  } else {
    if (prune) {
      tell(`${formatCount(await forgetOld(known, ledger, context), 'export')} forgotten`);
      entries = await ledger.list();
    }
    if (entries.length === 0) tell('no exports known');
  }
  const rows = entries.map((entry) => rowOf(entry, ledger));
  if (json) stdout.stream.write(redactor.mask(`${JSON.stringify(rows, null, 2)}\n`));
  else if (rows.length > 0) stdout.stream.write(tableOf(rows, verbose, context));
  return ExitCode.ok;
}

/**
 * What a TARGET means here: the name of an export (where several projects have one, that of the configured one), a target,
 * or the file of an entry, with its directory or without. Throws UsageError where there is none.
 */
function entriesOf(
  text: string,
  known: readonly Entry[],
  { exports }: Configuration,
  ledger: Ledger,
): readonly Entry[] {
  const here = exports.get(text)?.file.realPath;
  const own = known.filter(({ name, file }) => name === text && file === here);
  if (own.length > 0) return own;
  const found = known.filter((entry) => {
    const path = ledger.pathOf(entry);
    return [entry.name, targetOf(entry), path, basename(path)].includes(text);
  });
  if (found.length > 0) return found;
  const words = known.flatMap((entry) => [
    targetOf(entry),
    ...(entry.name === undefined ? [] : [entry.name]),
  ]);
  throw new UsageError(`no export is known as "${text}"${didYouMean(text, words)}`, {
    hint: 'exportpoll list shows those that are: name one by its TARGET or its NAME',
  });
}

/** The one that each TARGET means. Throws UsageError where one may mean several. */
function onlyOnes(texts: readonly string[], named: readonly (readonly Entry[])[]): Entry[] {
  return named.flatMap((found, index) => {
    if (found.length === 1) return found;
    throw new UsageError(`"${texts[index]}" may be any of ${formatCount(found.length, 'export')}`, {
      hint: 'name one by the file of its entry, which exportpoll list -v shows',
    });
  });
}

/** What there is to say of an entry; with `--json`, as it is. */
interface Row {
  /** `provider:id`, or `provider` as long as there is no id. */
  readonly target: string;
  /** `maybe started`, `under way`, or how it ended. */
  readonly state: string;
  readonly name?: string;
  readonly output: string;
  readonly since: string;
  readonly updated: string;
  /** Its file in the ledger. */
  readonly entry: string;
}

function rowOf(entry: Entry, ledger: Ledger): Row {
  const { name, state, outcome, output, createdAt, updatedAt } = entry;
  const states = { starting: 'maybe started', underway: 'under way', finished: outcome ?? 'finished' };
  return {
    target: targetOf(entry),
    state: states[state],
    ...(name === undefined ? {} : { name }),
    output,
    since: createdAt,
    updated: updatedAt,
    entry: ledger.pathOf(entry),
  };
}

function tableOf(rows: readonly Row[], verbose: boolean, context: Context): string {
  const time = (text: string): string => formatLocalTime(Date.parse(text));
  const columns = ['TARGET', 'STATE', 'NAME', 'SINCE', 'OUTPUT', ...(verbose ? ['UPDATED', 'ENTRY'] : [])];
  const lines = rows.map(({ target, state, name = '-', output, since, updated, entry }) => [
    target,
    state,
    name,
    time(since),
    output,
    ...(verbose ? [time(updated), entry] : []),
  ]);
  return table([columns, ...lines.map((cells) => cells.map(createCleaner(context)))]);
}
