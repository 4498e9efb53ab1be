import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { coalesced } from './coalesced.ts';
import { onDisk } from './disk-errors.ts';
import { removeFile, writeAtomically } from './durable.ts';
import { isUnchanged, type ManifestFile } from './manifest.ts';
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
  /** Not written yet. */
  #lines = '';
  /** For all lines but the first ones. */
  #handle: FileHandle | undefined;
  #isBegun = false;
  /** For all files that are done at the same time. */
  readonly #commit = coalesced(async () => {
    const lines = this.#lines;
    this.#lines = '';
    try {
      await this.#write(lines);
    } catch (error) {
      // A disk that is full may have taken half a line of these: what comes next, and these with it, begins one of its
      // own. The half one is ignored by whoever reads it.
      this.#lines = `\n${lines}${this.#lines}`;
      throw error;
    }
  });

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
    const told = first === header ? await parseLines(lines) : [];
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
    this.#lines += `${JSON.stringify(file)}\n`;
    await onDisk(this.#path, this.#commit);
    this.#saved.set(file.identity, file);
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #write(lines: string): Promise<void> {
    if (!this.#isBegun) {
      await this.#begin(lines);
      this.#isBegun = true;
      return;
    }
    this.#handle ??= await open(this.#path, 'a');
    await this.#handle.writeFile(lines);
    await this.#handle.sync();
  }

  /** What an earlier run has left is written anew, so that a line it wrote in part is gone. */
  async #begin(lines: string): Promise<void> {
    const known = [...this.#saved.values()].map((saved) => `${JSON.stringify(saved)}\n`);
    const text = `${this.#header}\n${known.join('')}${lines}`;
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

/** Any of them may have been written in part: the last one when a run was killed, others on a disk that was full. */
async function parseLines(lines: readonly string[]): Promise<ManifestFile[]> {
  const { manifestFileSchema } = await import('./manifest-schema.ts');
  return lines.flatMap((line) => {
    try {
      return manifestFileSchema.parse(JSON.parse(line));
    } catch {
      return [];
    }
  });
}
