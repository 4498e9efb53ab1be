import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { z } from 'zod';

import { messageOf } from '../errors.ts';
import { onDisk } from './disk-errors.ts';
import { writeAtomically } from './durable.ts';
import { safeName } from './name.ts';
import type { manifestFileSchema, manifestSchema } from './manifest-schema.ts';
import { LIST_BYTES, readSmall } from './read-small.ts';

const SUFFIX = '.manifest.json';

/** `<provider>-<id>.manifest.json`: its presence means that every file of the export is here, but for those that were skipped. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = z.infer<typeof manifestFileSchema>;

/** Where the manifest of an export is. */
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
  if (text === undefined) return undefined;
  const { manifestSchema } = await import('./manifest-schema.ts');
  try {
    return manifestSchema.parse(JSON.parse(text));
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
