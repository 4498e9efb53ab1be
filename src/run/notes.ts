import type { Target } from '../account.ts';
import { ExitCode, ExportpollError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { apiOf } from '../profiles/origins.ts';
import type { RunWorld } from './world.ts';
import type { Outcome } from './outcome.ts';
import { newEntry } from './start/entry.ts';

/** An entry of the ledger, and whether this run has made it. */
interface Noted {
  readonly entry: Entry;
  readonly isNew: boolean;
}

/** What the same command would not mend: there is nothing to come back to. */
const SETTLED: ReadonlySet<ExitCode> = new Set([ExitCode.empty, ExitCode.failed, ExitCode.gone]);
/** What a person has to mend before there is anything half done. */
const NEVER_BEGAN: ReadonlySet<ExitCode> = new Set([
  ExitCode.usage,
  ExitCode.config,
  ExitCode.denied,
  ExitCode.protocol,
]);

const DELIVERED: ReadonlySet<string> = new Set(['ready', 'empty']);

/** Often enough for `list --prune`, which counts in days. */
const LOOKS_NOTED_EVERY_MS = 3_600_000;

/**
 * What notes, when it is called after a look, that somebody still wants the export: `list --prune` forgets what nobody
 * has looked at for long. Most calls do nothing.
 */
export function lookNoter(entry: Entry | undefined, { context, ledger }: RunWorld): () => Promise<void> {
  let notedMs = entry === undefined ? Infinity : Date.parse(entry.updatedAt);
  return async () => {
    const nowMs = context.clock.now();
    if (entry === undefined || nowMs - notedMs < LOOKS_NOTED_EVERY_MS) return;
    notedMs = nowMs;
    const updatedAt = new Date(nowMs).toISOString();
    const touch = (current: Entry): Entry =>
      current.state === 'underway' ? { ...current, updatedAt } : current;
    await triedToNote(async () => void (await ledger.update(entry, touch, { durable: false })));
  };
}

/**
 * Notes in the ledger that this machine is about to fetch an export, so that one that is interrupted is not forgotten.
 * One that goes to stdout leaves nothing behind to go on from. What is on disk beside the files resumes an export, so
 * that nothing depends on the note: where the ledger cannot be written, there is none.
 */
export async function noteUnderway(
  { account, id, settings, entry }: Target,
  world: RunWorld,
): Promise<Noted | undefined> {
  if (entry !== undefined) return { entry, isNew: false };
  const { context, ledger } = world;
  if (settings.output === '-' || context.redactor.knows(id)) return undefined;
  const identity = { provider: account.name, api: apiOf(account, settings), id };
  const made = newEntry(identity, 'underway', settings, context.clock.now());
  const written = await triedToNote(async () => await ledger.write(made, { durable: false }));
  return written ? { entry: made, isNew: true } : undefined;
}

/**
 * Notes what became of it: of one that was started here how it ended; any other is forgotten when it is over. Another run
 * may have noted an end meanwhile, as `cancel` does:
 *
 * | the entry by now | this run ended as | so |
 * | --- | --- | --- |
 * | not finished | any | noted |
 * | ready, empty | any | left: its files were delivered |
 * | cancelled, failed, gone | ready, empty | noted: the provider went on, and its files were delivered |
 * | cancelled, failed, gone | failed, gone | left: who noted it first knew why |
 */
export async function noteOutcome(
  noted: Noted | undefined,
  { files, failures }: Outcome,
  { context, ledger }: RunWorld,
): Promise<void> {
  if (noted === undefined) return;
  const { entry, isNew } = noted;
  const codes = failures.map(({ error }) => error.exitCode);
  const isOver = codes.every((code) => SETTLED.has(code));
  await triedToNote(async () => {
    if (entry.parameters === undefined) {
      if (isOver || (isNew && codes.some((code) => NEVER_BEGAN.has(code)))) await ledger.remove(entry);
    } else if (isOver) {
      const updatedAt = new Date(context.clock.now()).toISOString();
      const outcome = outcomeOf(codes, files);
      if (stays(entry, outcome)) return;
      await ledger.update(entry, (current) =>
        stays(current, outcome) ? current : { ...current, state: 'finished', outcome, updatedAt },
      );
    }
  });
}

function outcomeOf(codes: readonly ExitCode[], files: number): string {
  if (codes.includes(ExitCode.failed)) return 'failed';
  if (codes.includes(ExitCode.gone)) return 'gone';
  return files === 0 ? 'empty' : 'ready';
}

/** Whether an entry stays as it is when a run ends as `outcome`. */
function stays(entry: Entry, outcome: string): boolean {
  return entry.state === 'finished' && (isNotedAsDelivered(entry) || !DELIVERED.has(outcome));
}

/** Whether it is noted that everything that the export has was delivered. */
export function isNotedAsDelivered({ state, outcome = 'ready' }: Entry): boolean {
  return state === 'finished' && DELIVERED.has(outcome);
}

/** Nothing depends on these notes: where the ledger cannot be written, or read, there are none. */
async function triedToNote(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ExportpollError) return false;
    throw error;
  }
}
