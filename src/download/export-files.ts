import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

import { removeFile } from './durable.ts';
import { exportStem, manifestPath, readManifest, writeManifest, type Manifest } from './manifest.ts';

/** What tells an export from all others that are saved in the same directory. */
export interface ExportName {
  readonly provider: string;
  readonly id: string;
}

/**
 * What the files of an export that nobody but us reads are called after. With a hash, because `a/b` and `a-b` are two
 * exports, as are `a` of `x-y` and `y-a` of `x`.
 */
export function exportKey({ provider, id }: ExportName): string {
  return `${exportStem(provider, id)}.${hashOf({ provider, id })}`;
}

/** Where the manifest of an export is, or will be, and what it says. */
export interface ManifestPlace {
  readonly path: string;
  /** That of this very export, if there is one. */
  readonly manifest: Manifest | undefined;
}

/**
 * Finds the manifest of an export: under its plain name, unless that is held by another export which is spelled the
 * same there; then under a name with a hash.
 */
export async function placeManifest(directory: string, of: ExportName): Promise<ManifestPlace> {
  const plain = manifestPath(directory, of.provider, of.id);
  const hashed = plain.replace(/\.manifest\.json$/, `.${hashOf(of)}$&`);
  const found = await readManifest(plain);
  if (found !== undefined && isOf(found, of)) return { path: plain, manifest: found };
  const other = await readManifest(hashed);
  if (other !== undefined && isOf(other, of)) return { path: hashed, manifest: other };
  return { path: found === undefined ? plain : hashed, manifest: undefined };
}

/** Writes the manifest of an export, without ever taking the place of another export's. */
export async function commitManifest(directory: string, manifest: Manifest): Promise<void> {
  const draft = draftPath(directory, manifest);
  let written = false;
  while (!written) {
    const { path } = await placeManifest(directory, manifest);
    // What is there is ours, or nobody's; what appears from now on may be that of another export.
    const replace = (await lstat(path).catch(() => undefined)) !== undefined;
    written = await writeManifest(path, manifest, { draft, replace });
  }
}

/** Removes what a run has left that was killed right after its manifest had got its name. */
export async function removeDraft(directory: string, of: ExportName): Promise<void> {
  await removeFile(draftPath(directory, of));
}

function draftPath(directory: string, of: ExportName): string {
  return join(directory, `.${exportKey(of)}.manifest.tmp`);
}

function isOf(manifest: ExportName, { provider, id }: ExportName): boolean {
  return manifest.provider === provider && manifest.id === id;
}

function hashOf({ provider, id }: ExportName): string {
  return createHash('sha256')
    .update(JSON.stringify([provider, id]))
    .digest('hex')
    .slice(0, 8);
}
