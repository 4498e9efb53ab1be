import { isAbsolute, join } from 'node:path';

import { loadConfiguration, requireSound } from '../config/configuration.ts';
import type { Context } from '../context.ts';
import { listManifests } from '../download/manifest.ts';
import { ExitCode, IntegrityError, IoError, messageOf, UsageError, type ExportpollError } from '../errors.ts';
import type { Event } from '../events.ts';
import { formatCount } from '../format.ts';
import type { Outcome } from '../run/outcome.ts';
import type { Invocation } from '../run/session.ts';
import type { Settings } from '../settings.ts';
import { shellWord } from '../shell-word.ts';
import { startTelling } from '../run/telling.ts';
import { checksIn, verifySet } from '../run/verify-set.ts';

/** `exportpoll verify [DIR...]`: reads every file that a manifest in the directories lists, and compares it. */
export async function verify(context: Context, invocation: Invocation): Promise<ExitCode> {
  const configuration = await loadConfiguration(context, invocation);
  // It asks no provider anything, so that nothing wrong with one stops it.
  requireSound({ problems: configuration.settingProblems });
  const { settings } = configuration;
  const named = invocation.targets.map((path) => (isAbsolute(path) ? path : join(context.cwd, path)));
  const directories = named.length > 0 ? named : [settings.output];
  if (directories.includes('-')) {
    throw new UsageError('verify needs a directory, and --output - is none', { hint: NAME_THEM });
  }
  const sets = await Promise.all(directories.map(manifestsIn));
  // Its files were saved long ago: only what is wrong with them is news.
  const quiet = { ...settings, progress: 'none' } as const;
  const telling = startTelling(context, quiet, { results: 'paths', many: true });
  const outcomes: Outcome[] = [];
  for (const { directory, listed } of sets) {
    const manifests = listed.flatMap(({ manifest }) => manifest ?? []);
    const check = checksIn(directory);
    const replaced: Warning[] = [];
    for (const { path, manifest } of listed) {
      if (manifest === undefined) outcomes.push(unreadable(path, directory));
      else {
        const verified = await verifySet({ directory, manifests, check }, manifest, telling.report);
        outcomes.push(verified);
        const { provider, id } = manifest;
        for (const message of verified.replaced) replaced.push({ type: 'warning', provider, id, message });
      }
    }
    for (const warning of inShort(replaced, directory, settings)) telling.report(warning);
  }
  const sound = outcomes.every(({ failures }) => failures.length === 0);
  return telling.finish(outcomes, sound ? ExitCode.ok : ExitCode.integrity);
}

type Warning = Extract<Event, { type: 'warning' }>;

/** Each night may replace the files of the night before: after a year nobody reads that line by line. */
const MOST_REPLACED_TOLD = 3;

function inShort(
  replaced: readonly Warning[],
  directory: string,
  { verbose }: Pick<Settings, 'verbose'>,
): readonly Warning[] {
  if (verbose || replaced.length <= MOST_REPLACED_TOLD) return replaced;
  const exports = new Set(replaced.map(({ provider, id }) => `${provider}:${id}`));
  const message = `files of ${formatCount(exports.size, 'older export')} were replaced in ${directory}; -v lists them`;
  return [{ type: 'warning', message }];
}

const NAME_THEM = 'name the directories that exports were saved in: exportpoll verify DIR';

/** The manifests of a directory. Throws UsageError where there are none: nothing verified is nothing sound. */
async function manifestsIn(directory: string): Promise<{
  directory: string;
  listed: Awaited<ReturnType<typeof listManifests>>;
}> {
  const listed = await listManifests(directory).catch((error: unknown) => {
    throw notListed(directory, error);
  });
  if (listed.length > 0) return { directory, listed };
  throw new UsageError(`no manifest in ${directory}`, { hint: NAME_THEM });
}

/** One that is not there, or no directory, is a mistake in the call; of one that cannot be read nobody knows. */
function notListed(directory: string, error: unknown): ExportpollError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new UsageError(`${directory} does not exist`, { hint: NAME_THEM });
  if (code === 'ENOTDIR') return new UsageError(`${directory} is not a directory`, { hint: NAME_THEM });
  return new IoError(`${directory}: cannot be read: ${messageOf(error)}`, { cause: error });
}

function unreadable(path: string, directory: string): Outcome {
  const error = new IntegrityError(`${path} cannot be read as a manifest`, {
    hint: `to fetch its export anew: exportpoll watch PROVIDER:ID --output ${shellWord(directory)} --if-exists overwrite`,
  });
  return { subject: path, files: 0, bytes: 0, failures: [{ error, told: false }] };
}
