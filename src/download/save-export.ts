import type { LimitFunction } from 'p-limit';

import type { Link } from '../api/link.ts';
import { ExportpollError, InterruptedError, LostLockError, throwIfLost } from '../errors.ts';
import { diskErrorOf } from './disk-errors.ts';
import { commitManifest, placeManifest } from './export-files.ts';
import { isUnchanged, type Manifest, type ManifestFile } from './manifest.ts';
import { remoteName } from './name.ts';
import { saveFile, type Saving, type Skipped } from './save-file.ts';

/** What became of the files of an export. */
export interface Saved {
  readonly files: readonly ManifestFile[];
  readonly failures: readonly ExportpollError[];
}

/**
 * Saves all files of an export, as many at once as `limit` allows over the whole run; one that fails does not stop
 * the others. When all are there, the manifest commits the set.
 */
export async function saveExport(
  links: readonly Link[],
  saving: Saving,
  run: { limit: LimitFunction; state: string; generator: string },
): Promise<Saved> {
  const startedAt = new Date(saving.clock.now()).toISOString();
  const failures: ExportpollError[] = [];
  // Before any other file can claim them.
  for (const name of saving.journal.names()) saving.names.take(name);
  const saveOne = async (link: Link): Promise<ManifestFile | Skipped | undefined> => {
    try {
      saving.signal.throwIfAborted();
      return await saveFile(link, saving);
    } catch (error) {
      const known = error instanceof ExportpollError ? error : diskErrorOf(error, saving.directory);
      // Whatever becomes of the other files is another run's business now.
      if (known === undefined || known instanceof LostLockError) throw error;
      failures.push(known);
      if (!(known instanceof InterruptedError)) report(link, known, saving);
      return undefined;
    }
  };
  const settled = await Promise.allSettled(links.map(async (link) => await run.limit(saveOne, link)));
  const bug = settled.find((result) => result.status === 'rejected');
  if (bug !== undefined) throw bug.reason;
  const done = settled.flatMap((result) => (result.status === 'fulfilled' ? (result.value ?? []) : []));
  const files = done.flatMap((one) => ('skipped' in one ? [] : one));
  const skipped = done.flatMap((one) => ('skipped' in one ? one.skipped : []));
  throwIfLost(saving.signal);
  if (failures.length === 0) await commit({ files, skipped }, startedAt, saving, run);
  return { files, failures };
}

async function commit(
  { files, skipped }: { files: readonly ManifestFile[]; skipped: string[] },
  startedAt: string,
  saving: Saving,
  { state, generator }: { state: string; generator: string },
): Promise<void> {
  const { provider, id, api, settings, directory, journal, clock } = saving;
  const manifest: Manifest = {
    v: 1,
    generator,
    provider,
    id,
    api,
    state,
    options: { keepCompressed: settings.keepCompressed, name: settings.name },
    startedAt,
    completedAt: new Date(clock.now()).toISOString(),
    files: [...files],
    earlier: await stillOurs(files, saving),
    skipped,
    // With the commit itself, so that there is no moment at which a kill would lose the command.
    ...(settings.exec === undefined || files.length === 0 ? {} : { execDue: true }),
  };
  await commitManifest(directory, manifest);
  await journal.remove();
}

/**
 * What the manifest that is about to be replaced tells of and the new one does not: under another `--name`, an export
 * has other files, and those that it had before are exportpoll's own all the same.
 */
async function stillOurs(
  files: readonly ManifestFile[],
  { provider, id, directory }: Saving,
): Promise<ManifestFile[]> {
  const { manifest } = await placeManifest(directory, { provider, id });
  const names = new Set(files.map(({ name }) => name));
  const kept: ManifestFile[] = [];
  for (const file of [...(manifest?.files ?? []), ...(manifest?.earlier ?? [])]) {
    if (names.has(file.name) || !(await isUnchanged(directory, file))) continue;
    names.add(file.name);
    kept.push(file);
  }
  return kept;
}

function report(link: Link, error: ExportpollError, { report, provider, id, called }: Saving): void {
  const file = called.get(link.identity) ?? remoteName(link);
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  report({
    type: 'file.failed',
    provider,
    id,
    file,
    code: error.exitCode,
    message: `${error.message}${hint}`,
  });
}
