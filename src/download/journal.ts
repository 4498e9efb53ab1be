import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { onDisk } from './disk-errors.ts';
import { removeFile, writeAtomically } from './durable.ts';
import { isUnchanged, manifestFileSchema, type ManifestFile } from './manifest.ts';
import { LIST_BYTES, readSmall } from './read-small.ts';

/**
 * The files of an export that are on disk already while others are not: a line of JSON each, written before the file
 * gets its name. A run that was killed before the manifest leaves it behind, and the next one takes these files for
 * done. The first line says under which options they were made.
 */
export class Journal {
  readonly #path: string;
  readonly #header: string;
  readonly #saved: Map<string, ManifestFile>;
  /** Once the file is there. */
  #begun: Promise<void> | undefined;
  /** For all entries but the first. */
  #handle: Promise<FileHandle> | undefined;

  private constructor(path: string, header: string, saved: Map<string, ManifestFile>) {
    this.#path = path;
    this.#header = header;
    this.#saved = saved;
  }

  /**
   * Opens the journal of an export, with `known` files that something else tells of. Entries that the disk does not
   * bear out, or of other options, are forgotten.
   */
  static async open(
    directory: string,
    key: string,
    options: Readonly<Record<string, unknown>>,
    known: readonly ManifestFile[] = [],
  ): Promise<Journal> {
    const path = journalPath(directory, key);
    const header = JSON.stringify({ v: 1, ...options });
    const [first, ...lines] = ((await readSmall(path, LIST_BYTES)) ?? '').split('\n');
    const saved = new Map<string, ManifestFile>();
    const told = (first === header ? lines : []).map(parseLine).filter((file) => file !== undefined);
    for (const file of [...known, ...told]) {
      if (await isUnchanged(directory, file)) saved.set(file.identity, file);
    }
    return new Journal(path, header, saved);
  }

  /** The file of that identity, if it is on disk. */
  find(identity: string): ManifestFile | undefined {
    return this.#saved.get(identity);
  }

  /** The names of all files that are on disk. */
  names(): string[] {
    return [...this.#saved.values()].map(({ name }) => name);
  }

  /** To be called when the file's content is on disk and before it gets its final name. */
  async record(file: ManifestFile): Promise<void> {
    await onDisk(this.#path, async () => {
      const line = `${JSON.stringify(file)}\n`;
      const isFirst = this.#begun === undefined;
      this.#begun ??= this.#begin(line);
      await this.#begun;
      if (isFirst) return;
      this.#handle ??= open(this.#path, 'a');
      const handle = await this.#handle;
      await handle.writeFile(line);
      await handle.sync();
    });
    this.#saved.set(file.identity, file);
  }

  async close(): Promise<void> {
    const handle = await this.#handle?.catch(() => undefined);
    this.#handle = undefined;
    await handle?.close();
  }

  /** What an earlier run has left is written anew, so that a line it wrote in part is gone. */
  async #begin(line: string): Promise<void> {
    const known = [...this.#saved.values()].map((saved) => `${JSON.stringify(saved)}\n`);
    const text = `${this.#header}\n${known.join('')}${line}`;
    await writeAtomically(this.#path, text, { mode: 0o600, durable: true });
  }

  /** The manifest says it all now. */
  async remove(): Promise<void> {
    await this.close();
    await removeFile(this.#path);
  }
}

/** Removes a journal that a run left which was killed right after its manifest was written. */
export async function removeJournal(directory: string, key: string): Promise<void> {
  await removeFile(journalPath(directory, key));
}

function journalPath(directory: string, key: string): string {
  return join(directory, `.${key}.journal`);
}

function parseLine(line: string): ManifestFile | undefined {
  try {
    return manifestFileSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
