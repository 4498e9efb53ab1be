import type { Look } from '../api/look.ts';
import { subjectOf, type Target } from '../account.ts';
import { diskErrorOf } from '../download/disk-errors.ts';
import { exportKey, removeDraft } from '../download/export-files.ts';
import { Journal, removeJournal } from '../download/journal.ts';
import type { Release } from '../download/lock/lock.ts';
import type { OnLost } from '../download/lock/lock-file.ts';
import type { Manifest, ManifestFile } from '../download/manifest.ts';
import { saveExport } from '../download/save-export.ts';
import type { Saving } from '../download/save-file.ts';
import { Names } from '../download/target.ts';
import { EmptyExportError, ExportpollError, InterruptedError, StillRunningError } from '../errors.ts';
import { apiOf } from '../profiles/origins.ts';
import { announce, awaitExport, patienceOf } from './await-export.ts';
import { earlierManifest, isDelivered, tellDelivered } from './delivered.ts';
import { withDueCommand } from './due-command.ts';
import { issueLinks } from './links-of.ts';
import type { Outcome } from './outcome.ts';
import { whileHeld } from './while-held.ts';
import type { SavingWorld } from './world.ts';

/**
 * One export from first look to manifest: wait for it (or look once), then save its files. An export that is already
 * here costs no request. Failures that a person can act on become part of the outcome.
 */
export async function runExport(target: Target, once: boolean, unheld: SavingWorld): Promise<Outcome> {
  const { settings } = target;
  const { world, onLost } = whileHeld(unheld);
  const { context, report } = world;
  announce(target, report);
  try {
    // Checked before anything is asked, so that a missing credential is told at once.
    world.service(target);
    const { release, manifest, delivered } = await world.opening(open, target, world, onLost);
    try {
      if (delivered) {
        tellDelivered(manifest, target, report);
        const outcome = { ...outcomeOf(target, manifest.files, []), state: manifest.state };
        return await withDueCommand(outcome, target, context);
      }
      const found = await awaitExport(target, once, world);
      return await save(found, once, manifest?.files ?? [], target, world);
    } finally {
      // What it cannot remove is a dead run's lock to the next one; that must not hide what happened before.
      await release().catch(() => undefined);
    }
  } catch (thrown) {
    const error = thrown instanceof ExportpollError ? thrown : diskErrorOf(thrown, settings.output);
    if (error === undefined) throw thrown;
    // Who looks once was told the state, which is all that there is to say.
    const told = once && error instanceof StillRunningError;
    return { subject: subjectOf(target), files: 0, bytes: 0, failures: [{ error, told }] };
  }
}

/** An export that nobody else works on, and what an earlier run has left of it. */
type Opened = { readonly release: Release } & (
  | { readonly delivered: true; readonly manifest: Manifest }
  | { readonly delivered: false; readonly manifest: Manifest | undefined }
);

/** Locks the export, and looks whether it is here already. */
async function open(target: Target, { locks, directory }: SavingWorld, onLost: OnLost): Promise<Opened> {
  const { account, id, settings } = target;
  await directory(settings.output).make();
  const release = await locks.acquire(settings.output, keyOf(target), onLost);
  try {
    const manifest = settings.force ? undefined : await earlierManifest(target);
    if (manifest === undefined || !(await isDelivered(manifest, target))) {
      return { release, manifest, delivered: false };
    }
    await removeJournal(settings.output, keyOf(target));
    await removeDraft(settings.output, { provider: account.name, id });
    return { release, manifest, delivered: true };
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
}

async function save(
  found: Look,
  once: boolean,
  known: readonly ManifestFile[],
  target: Target,
  world: SavingWorld,
): Promise<Outcome> {
  const { account, id, settings } = target;
  const { context, report } = world;
  const { list, links, called } = issueLinks(found, once, target, world);
  const directory = world.directory(settings.output);
  const { keepCompressed, name } = settings;
  const api = apiOf(account, settings);
  if (settings.force) await removeJournal(settings.output, keyOf(target));
  const journal = await Journal.open(settings.output, keyOf(target), { keepCompressed, name, api }, known);
  const saving: Saving = {
    provider: account.name,
    id,
    api,
    directory: settings.output,
    settings,
    client: world.service(target).client,
    links,
    names: new Names(directory, settings.ifExists),
    parts: await directory.parts(),
    called,
    journal,
    clock: context.clock,
    random: context.random,
    patienceMs: patienceOf(once),
    signal: context.signal,
    umask: context.umask,
    threads: {
      pool: world.decoding,
      isAlone: () => world.limit.activeCount < 2 && settings.connections < 2,
    },
    settle: directory.settle,
    report,
    mask: (text) => context.redactor.mask(text),
  };
  try {
    const { files, failures } = await saveExport(list, saving, {
      limit: world.limit,
      state: found.state,
      generator: world.generator,
    });
    const outcome = outcomeOf(target, files, failures);
    return failures.length > 0 ? outcome : await withDueCommand(outcome, target, context);
  } finally {
    await journal.close();
  }
}

function outcomeOf(
  target: Target,
  files: readonly ManifestFile[],
  failures: readonly ExportpollError[],
): Outcome {
  const told = failures.map((error) => ({ error, told: !(error instanceof InterruptedError) }));
  const isEmpty = files.length === 0 && failures.length === 0;
  const empty = { error: new EmptyExportError('the export holds no data'), told: false };
  return {
    subject: subjectOf(target),
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    failures: isEmpty && target.settings.errorOnEmpty ? [empty] : told,
  };
}

/** What the export's files beside the targets are called after. */
function keyOf({ account, id }: Target): string {
  return exportKey({ provider: account.name, id });
}
