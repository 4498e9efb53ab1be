import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { z } from 'zod';

import { messageOf } from '../errors.ts';
import { onDisk } from './disk-errors.ts';
import { writeAtomically } from './durable.ts';
import { safeName } from './name.ts';
import { LIST_BYTES, readSmall } from './read-small.ts';

const SUFFIX = '.manifest.json';

/** One path segment: whoever writes a manifest into a repository must not name files outside of it. */
const fileName = z.string().refine((name) => basename(name) === name && !/^\.{0,2}$/.test(name));

export const manifestFileSchema = z.object({
  /** In the directory of the manifest. */
  name: fileName,
  /** What the provider's links have in common for this file. */
  identity: z.string(),
  /** On disk. */
  bytes: z.number(),
  /** At the provider; differs from `bytes` when gzip was taken off. */
  rawBytes: z.number(),
  /** Of the file on disk, lower-case hex. */
  sha256: z.string(),
  /** Modification time on disk, ms since the epoch: while it and `bytes` are the same, the file is unchanged. */
  mtimeMs: z.number(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  /** Host and path, never the query: that is a signature. */
  source: z.object({ host: z.string(), path: z.string() }).optional(),
});

const schema = z.object({
  v: z.literal(1),
  /** Who wrote it, such as `exportpoll/1.2.3`. */
  generator: z.string(),
  provider: z.string(),
  id: z.string(),
  /** Where the export was asked for, without a query: another API may have another export of that id. */
  api: z.string().optional(),
  state: z.string(),
  /** The options that decide what is on disk: with others, the same export makes other files. */
  options: z.object({ keepCompressed: z.boolean(), name: z.string() }),
  /** ISO 8601. */
  startedAt: z.string(),
  completedAt: z.string(),
  files: z.array(manifestFileSchema),
  /** Files that earlier runs of this export have saved here under other options, and that are unchanged since. */
  earlier: z.array(manifestFileSchema).optional(),
  /** Names of files that were left as they were, because `--if-exists skip` said so. */
  skipped: z.array(fileName).optional(),
  /** The command of `--exec` has to be run for these files: it has not ended well yet. */
  execDue: z.literal(true).optional(),
});

/** `<provider>-<id>.manifest.json`: its presence means that every file of the export is here. */
export type Manifest = z.infer<typeof schema>;
export type ManifestFile = z.infer<typeof manifestFileSchema>;

export function manifestPath(directory: string, provider: string, id: string): string {
  return join(directory, `${exportStem(provider, id)}${SUFFIX}`);
}

/**
 * What the files of an export are called after: `provider-id`, slashes as `-`. An id may be a URL: what no file system
 * takes is replaced, and the middle of a long one left out, so that two exports may share a stem.
 */
export function exportStem(provider: string, id: string): string {
  return safeName(`${provider}-${id.replace(/[/\\]/g, '-')}`);
}

/** The manifest at `path`; `undefined` when there is none that can be read. */
export async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readSmall(path, LIST_BYTES);
  try {
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Commits the set: from now on it is complete. Without `replace`, false when something has that name already. */
export async function writeManifest(
  path: string,
  manifest: Manifest,
  options: { draft?: string; replace?: boolean } = {},
): Promise<boolean> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  return await onDisk(
    path,
    async () => await writeAtomically(path, text, { mode: 0o644, durable: true, ...options }),
  );
}

/** Every manifest of a directory, `undefined` for one that cannot be read. Rejects when there is no such directory. */
export async function listManifests(
  directory: string,
): Promise<{ path: string; manifest: Manifest | undefined }[]> {
  const names = await readdir(directory);
  const paths = names.filter((name) => name.endsWith(SUFFIX)).map((name) => join(directory, name));
  return await Promise.all(paths.map(async (path) => ({ path, manifest: await readManifest(path) })));
}

/** The manifests of a directory that can be read. */
export async function readManifests(directory: string): Promise<Manifest[]> {
  const listed = await listManifests(directory).catch(() => []);
  return listed.flatMap(({ manifest }) => manifest ?? []);
}

/** True when the file on disk is the one that the manifest speaks of; its content is read only if its time differs. */
export async function isUnchanged(directory: string, file: ManifestFile): Promise<boolean> {
  const path = join(directory, file.name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== file.bytes) return false;
  return found.mtimeMs === file.mtimeMs || (await sha256Of(path)) === file.sha256;
}

/**
 * Reads the file and compares it with what the manifest says; what is wrong with it, or `undefined`. Who checks several
 * manifests may give a `hash` that remembers what it has read.
 */
export async function checkFile(
  directory: string,
  file: ManifestFile,
  hash: typeof sha256Of = sha256Of,
): Promise<string | undefined> {
  const path = join(directory, file.name);
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return 'the file is missing';
  if (found.size !== file.bytes) return `the file has ${found.size} bytes; ${file.bytes} were saved`;
  const sha256 = await hash(path).catch((error: unknown) => error);
  if (typeof sha256 !== 'string') return `the file cannot be read: ${messageOf(sha256)}`;
  return sha256 === file.sha256 ? undefined : `the file was changed: its SHA-256 is ${sha256}`;
}

/** SHA-256 of a file's content in lower-case hex. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
