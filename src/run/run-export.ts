import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { LimitFunction } from 'p-limit';

import type { Link } from '../api/link.ts';
import type { Look } from '../api/look.ts';
import type { Target } from '../config/types.ts';
import { onDisk } from '../download/disk-errors.ts';
import { makeDirectory } from '../download/durable.ts';
import { Journal, removeJournal } from '../download/journal.ts';
import { Links } from '../download/links.ts';
import { acquireLock } from '../download/lock.ts';
import {
  isUnchanged,
  manifestPath,
  readManifest,
  type Manifest,
  type ManifestFile,
} from '../download/manifest.ts';
import { saveExport } from '../download/save-export.ts';
import { reportSaved, type Saving } from '../download/save-file.ts';
import { Names } from '../download/target.ts';
import { EmptyExportError, ExportpollError, InterruptedError, StillRunningError } from '../errors.ts';
import { awaitExport, lookWithRetries, type RunWorld } from './await-export.ts';
import { execCommand } from './exec.ts';
import { linksOf } from './links-of.ts';
import type { Outcome } from './outcome.ts';

/** What the exports of a run share while they are saved. */
export interface SavingWorld extends RunWorld {
  /** Files at once, over all exports. */
  readonly limit: LimitFunction;
  /** Names given out in this run, by directory. */
  readonly taken: (directory: string) => Set<string>;
  /** `exportpoll/VERSION`, for manifests. */
  readonly generator: string;
}

/**
 * One export from first look to manifest: wait for it (or look once), then save its files. An export that is already
 * here costs no request. Failures that a person can act on become part of the outcome.
 */
export async function runExport(target: Target, once: boolean, world: SavingWorld): Promise<Outcome> {
  const { account, id, settings } = target;
  const { context, report } = world;
  report({ type: 'export.started', provider: account.name, id });
  try {
    // Checked before anything is asked, so that a missing credential is told at once.
    world.service(target);
    await onDisk(settings.output, async () => await makeDirectory(settings.output));
    const release = await acquireLock(settings.output, fileKey(target), context.pid);
    try {
      const manifest = settings.force ? undefined : await earlierManifest(target);
      if (manifest !== undefined && (await isDelivered(manifest, target))) {
        await removeJournal(settings.output, fileKey(target));
        return outcomeOfDelivered(manifest, target, world);
      }
      const found = await awaitExport(target, once, world);
      return await save(found, manifest?.files ?? [], target, world);
    } finally {
      await release();
    }
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    // Who looks once was told the state, which is all that there is to say.
    const told = once && error instanceof StillRunningError;
    return { subject: subjectOf(target), files: 0, bytes: 0, failures: [{ error, told }] };
  }
}

/** The manifest that an earlier run left, if its files were made with the same options. */
async function earlierManifest({ account, id, settings }: Target): Promise<Manifest | undefined> {
  const manifest = await readManifest(manifestPath(settings.output, account.name, id));
  const { keepCompressed, name } = manifest?.options ?? {};
  return keepCompressed === settings.keepCompressed && name === settings.name ? manifest : undefined;
}

async function isDelivered({ files, skipped = [] }: Manifest, { settings }: Target): Promise<boolean> {
  for (const file of files) {
    if (!(await isUnchanged(settings.output, file))) return false;
  }
  // What was left alone, because it was there, has to be there still.
  return skipped.every((name) => existsSync(join(settings.output, name)));
}

function outcomeOfDelivered({ files }: Manifest, target: Target, world: SavingWorld): Outcome {
  const { account, id, settings } = target;
  for (const file of files) {
    reportSaved(file, { report: world.report, provider: account.name, id, directory: settings.output });
  }
  return outcomeOf(target, files, []);
}

async function save(
  found: Look,
  known: readonly ManifestFile[],
  target: Target,
  world: SavingWorld,
): Promise<Outcome> {
  const { account, id, settings } = target;
  const { context, report } = world;
  const list = linksOf(found);
  if (list.length > 0) report({ type: 'link.issued', provider: account.name, id, ...issued(list) });
  const names = new Names(settings.output, settings.ifExists, world.taken(settings.output));
  const { keepCompressed, name } = settings;
  const journal = await Journal.open(settings.output, fileKey(target), { keepCompressed, name }, known);
  const links = new Links(list, {
    renew: async () => linksOf(await lookWithRetries(target, world)),
    now: () => context.clock.now(),
    onRenewed: (file, reason) => report({ type: 'link.renewed', provider: account.name, id, file, reason }),
  });
  const saving: Saving = {
    provider: account.name,
    id,
    directory: settings.output,
    settings,
    client: world.service(target).client,
    links,
    names,
    journal,
    clock: context.clock,
    random: context.random,
    signal: context.signal,
    umask: context.umask,
    report,
  };
  try {
    const { files, failures } = await saveExport(list, saving, {
      limit: world.limit,
      state: found.state,
      generator: world.generator,
    });
    const outcome = outcomeOf(target, files, failures);
    return failures.length > 0 || files.length === 0
      ? outcome
      : await withCommand(outcome, files, target, world);
  } finally {
    await journal.close();
  }
}

/** Runs the command of `--exec`, if there is one; its failure does not undo the delivery. */
async function withCommand(
  outcome: Outcome,
  files: readonly ManifestFile[],
  { account, id, settings }: Target,
  { context }: SavingWorld,
): Promise<Outcome> {
  if (settings.exec === undefined) return outcome;
  const paths = files.map(({ name }) => join(settings.output, name));
  const manifest = manifestPath(settings.output, account.name, id);
  try {
    await execCommand(settings.exec, { provider: account.name, id, manifest, paths }, context);
    return outcome;
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    return { ...outcome, failures: [{ error, told: false }] };
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

function issued(links: readonly Link[]): { files: number; expiresAt?: string } {
  const ends = links.map(({ expiresAt }) => expiresAt).filter((end) => end !== undefined);
  const earliest = ends.length === 0 ? {} : { expiresAt: new Date(Math.min(...ends)).toISOString() };
  return { files: links.length, ...earliest };
}

function subjectOf({ account, id }: Target): string {
  return `${account.name}:${id}`;
}

/** What the export's files beside the targets are called after. */
function fileKey({ account, id }: Target): string {
  return `${account.name}-${id.replaceAll('/', '-')}`;
}
