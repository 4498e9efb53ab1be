import { join } from 'node:path';

import { checkFile, sha256Of, type Manifest, type ManifestFile } from '../download/manifest.ts';
import { IntegrityError } from '../errors.ts';
import type { Event } from '../events.ts';
import { formatCount } from '../format.ts';
import { shellWord } from '../shell-word.ts';
import type { Outcome } from './outcome.ts';

/** What is wrong with a file, or `undefined`. */
type Check = (file: ManifestFile) => Promise<string | undefined>;

/** Checks the files of a directory; each is read once, however many manifests list it. */
export function checksIn(directory: string): Check {
  const hashes = new Map<string, Promise<string>>();
  const hash = async (path: string): Promise<string> => {
    const known = hashes.get(path) ?? sha256Of(path);
    hashes.set(path, known);
    return await known;
  };
  return async (file) => await checkFile(directory, file, hash);
}

/** A directory, all of its manifests and how its files are checked. */
interface Place {
  readonly directory: string;
  readonly manifests: readonly Manifest[];
  readonly check: Check;
}

/** What came of a manifest; `replaced` says what a later export has replaced, a sentence each. */
export interface Verified extends Outcome {
  readonly replaced: readonly string[];
}

/** Compares the files of a manifest with it: tells which are sound and wrong, and leaves to the end what to do. */
export async function verifySet(
  place: Place,
  manifest: Manifest,
  report: (event: Event) => void,
): Promise<Verified> {
  const { provider, id, files } = manifest;
  const failures: { error: IntegrityError; told: boolean }[] = [];
  /** Names, by what they were replaced by. */
  const replaced = new Map<Manifest, string[]>();
  let [count, bytes] = [0, 0];
  for (const file of files) {
    const about = { provider, id, file: file.name };
    const problem = await place.check(file);
    const by = problem === undefined ? undefined : await replacementOf(file, manifest, place);
    if (problem === undefined) {
      count += 1;
      bytes += file.bytes;
      const path = join(place.directory, file.name);
      const { rawBytes, sha256 } = file;
      report({ type: 'file.saved', ...about, path, bytes: file.bytes, rawBytes, sha256 });
    } else if (by === undefined) {
      const error = new IntegrityError(problem);
      failures.push({ error, told: true });
      report({ type: 'file.failed', ...about, code: error.exitCode, message: problem });
    } else replaced.set(by, [...(replaced.get(by) ?? []), file.name]);
  }
  if (failures.length > 0) failures.push({ error: damaged(failures.length, manifest, place), told: false });
  const sentences = [...replaced].map(([by, names]) => replacedSentence(names, by));
  return { subject: `${provider}:${id}`, files: count, bytes, failures, replaced: sentences };
}

function damaged(count: number, { provider, id }: Manifest, { directory }: Place): IntegrityError {
  const words = [`${provider}:${id}`, '--output', directory, '--if-exists', 'overwrite'].map(shellWord);
  return new IntegrityError(`damaged or missing: ${formatCount(count, 'file')}`, {
    hint: `to fetch anew, with the other flags that were used: exportpoll watch ${words.join(' ')}`,
  });
}

/** The newer manifest that the file on disk is of: a later export has replaced the file (`--if-exists own`). */
async function replacementOf(
  { name }: ManifestFile,
  { completedAt }: Manifest,
  { manifests, check }: Place,
): Promise<Manifest | undefined> {
  for (const manifest of manifests) {
    if (manifest.completedAt <= completedAt) continue;
    const newer = [...manifest.files, ...(manifest.earlier ?? [])].filter((file) => file.name === name);
    for (const file of newer) if ((await check(file)) === undefined) return manifest;
  }
  return undefined;
}

function replacedSentence([first = '', ...more]: readonly string[], by: Manifest): string {
  const what = more.length === 0 ? `${first} was` : `${first} and ${more.length} more were`;
  return `${what} replaced by ${by.provider}:${by.id} (${by.completedAt.slice(0, 10)})`;
}
