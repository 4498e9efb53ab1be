import { loadConfiguration } from '../config/configuration.ts';
import type { Context } from '../context.ts';
import { ExitCode, type ExportpollError } from '../errors.ts';
import { formatCount } from '../format.ts';
import type { Entry } from '../ledger/entry.ts';
import { Ledger } from '../ledger/ledger.ts';
import type { Invocation } from '../run/session.ts';
import { maskedText } from '../ui/clean.ts';
import { safeText } from '../ui/text.ts';

/** No provider keeps an export, or what was left of one here is of use, for longer. */
const OLD_MS = 30 * 86_400_000;

/**
 * `exportpoll list`: the exports that this machine has started or has half done; with `--prune` those that are finished,
 * and those that nobody has touched for a month, are forgotten first.
 */
export async function list(
  context: Context,
  invocation: Invocation,
  flags: { readonly prune: boolean },
): Promise<ExitCode> {
  const { settings } = await loadConfiguration(context, invocation);
  const { stdout, stderr, redactor, clock } = context;
  const ledger = new Ledger(context);
  if (flags.prune) {
    const pruned = await prune(ledger, clock.now());
    if (!settings.quiet) stderr.stream.write(`exportpoll: ${formatCount(pruned, 'export')} forgotten\n`);
  }
  const warn = ({ message, hint = '' }: ExportpollError): void => {
    stderr.stream.write(`exportpoll: warning: ${maskedText(`${message}; ${hint}`, redactor)}\n`);
  };
  const rows = (await ledger.list(warn)).map(rowOf);
  const text = settings.json ? `${JSON.stringify(rows, null, 2)}\n` : table(rows);
  stdout.stream.write(redactor.mask(text));
  return ExitCode.ok;
}

/** Forgets what is over, but nothing that a run is working on; resolves with how many that were. */
async function prune(ledger: Ledger, now: number): Promise<number> {
  let pruned = 0;
  for (const entry of await ledger.list()) {
    if (!isOver(entry, now)) continue;
    if (await ledger.update(entry, (current) => (isOver(current, now) ? undefined : current))) pruned += 1;
  }
  await ledger.sweep(now);
  return pruned;
}

function isOver({ state, updatedAt }: Entry, now: number): boolean {
  return state === 'finished' || now - Date.parse(updatedAt) >= OLD_MS;
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
}

function rowOf({ provider, id, name, state, outcome, output, createdAt, updatedAt }: Entry): Row {
  const states = { starting: 'maybe started', underway: 'under way', finished: outcome ?? 'finished' };
  return {
    target: id === undefined ? provider : `${provider}:${id}`,
    state: states[state],
    ...(name === undefined ? {} : { name }),
    output,
    since: createdAt,
    updated: updatedAt,
  };
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ target, state, name = '-', output, since }) =>
    [target, state, name, since, output].map((cell) => safeText(cell)),
  );
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}
