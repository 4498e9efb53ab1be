import { coalesced } from './coalesced.ts';
import { onDisk } from './disk-errors.ts';
import { makeDirectory, syncDirectory } from './durable.ts';
import { readManifests, type ManifestFile } from './manifest.ts';
import { leftParts } from './part/part-name.ts';

/** What the exports of a run know of a directory that they save files in: it is read once, however many they are. */
export class OutputDirectory {
  readonly path: string;
  /** Names given out in this run, as `Names` compares them. */
  readonly taken = new Set<string>();
  #made: Promise<void> | undefined;
  #parts: Promise<ReadonlyMap<string, string>> | undefined;
  #files: Promise<ReadonlyMap<string, readonly ManifestFile[]>> | undefined;

  /** Forces the names in it to the disk, once for all that ask at the same time. */
  readonly settle: () => Promise<void>;

  constructor(path: string) {
    this.path = path;
    this.settle = coalesced(async () => await syncDirectory(path));
  }

  /** Creates it, and those above it that are missing. */
  async make(): Promise<void> {
    this.#made ??= onDisk(this.path, async () => await makeDirectory(this.path));
    await this.#made;
  }

  /** The parts that earlier runs have left, by key. Those of this run are nobody else's business. */
  async parts(): Promise<ReadonlyMap<string, string>> {
    this.#parts ??= leftParts(this.path);
    return await this.#parts;
  }

  /** The files that the manifests here told of when first asked, by name. */
  async savedBefore(): Promise<ReadonlyMap<string, readonly ManifestFile[]>> {
    this.#files ??= filesOfManifests(this.path);
    return await this.#files;
  }
}

async function filesOfManifests(directory: string): Promise<ReadonlyMap<string, readonly ManifestFile[]>> {
  const byName = new Map<string, ManifestFile[]>();
  for (const { files, earlier = [] } of await readManifests(directory)) {
    for (const file of [...files, ...earlier]) {
      const same = byName.get(file.name);
      if (same === undefined) byName.set(file.name, [file]);
      else same.push(file);
    }
  }
  return byName;
}
