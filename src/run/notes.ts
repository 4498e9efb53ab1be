import type { Target } from '../account.ts';
import { ExitCode, ExportpollError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';
import { apiOf } from '../profiles/origins.ts';
import type { RunWorld } from './world.ts';
import type { Outcome } from './outcome.ts';

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
    await unlessReadOnly(async () => void (await ledger.update(entry, touch, { durable: false })));
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
  const at = new Date(context.clock.now()).toISOString();
  const { output, keepCompressed, name } = settings;
  const made: Entry = {
    v: 1,
    provider: account.name,
    api: apiOf(account, settings),
    id,
    state: 'underway',
    output,
    options: { keepCompressed, name },
    createdAt: at,
    updatedAt: at,
  };
  const written = await unlessReadOnly(async () => await ledger.write(made, { durable: false }));
  return written ? { entry: made, isNew: true } : undefined;
}

/** Notes what became of it: of one that was started here how it ended; any other is forgotten when it is over. */
export async function noteOutcome(
  noted: Noted | undefined,
  { files, failures }: Outcome,
  { context, ledger }: RunWorld,
): Promise<void> {
  if (noted === undefined) return;
  const { entry, isNew } = noted;
  const codes = failures.map(({ error }) => error.exitCode);
  const isOver = codes.every((code) => SETTLED.has(code));
  await unlessReadOnly(async () => {
    if (entry.parameters === undefined) {
      if (isOver || (isNew && codes.some((code) => NEVER_BEGAN.has(code)))) await ledger.remove(entry);
    } else if (isOver && entry.state !== 'finished') {
      const updatedAt = new Date(context.clock.now()).toISOString();
      const outcome = outcomeOf(codes, files);
      await ledger.update(entry, (current) => ({ ...current, state: 'finished', outcome, updatedAt }));
    }
  });
}

function outcomeOf(codes: readonly ExitCode[], files: number): string {
  if (codes.includes(ExitCode.failed)) return 'failed';
  if (codes.includes(ExitCode.gone)) return 'gone';
  return files === 0 ? 'empty' : 'ready';
}

async function unlessReadOnly(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof ExportpollError) return false;
    throw error;
  }
}
