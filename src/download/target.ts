import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

import type { IfExists } from '../settings.ts';
import { CannotCreateError } from '../errors.ts';
import { unusedName } from './name.ts';
import { isUnchanged } from './manifest.ts';
import type { OutputDirectory } from './output-directory.ts';

/** What is there under a name that a file is to get. */
export type Existing = 'nothing' | 'ours' | 'other';

/** What to do about the name that a file is to get. */
export type Decision = 'create' | 'replace' | 'skip' | 'rename' | 'refuse';

/**
 * What `--if-exists` means for what is there. `ours` is a file that an earlier export saved and nobody has touched
 * since.
 *
 * | | nothing | ours | other |
 * | --- | --- | --- | --- |
 * | own | create | replace | refuse |
 * | overwrite | create | replace | replace |
 * | skip | create | skip | skip |
 * | rename | create | rename | rename |
 * | fail | create | refuse | refuse |
 */
export function decideExisting(policy: IfExists, existing: Existing): Decision {
  if (existing === 'nothing') return 'create';
  switch (policy) {
    case 'own':
      return existing === 'ours' ? 'replace' : 'refuse';
    case 'overwrite':
      return 'replace';
    case 'skip':
      return 'skip';
    case 'rename':
      return 'rename';
    case 'fail':
      return 'refuse';
  }
}

/** A name that a file may take now. */
export interface TargetName {
  readonly name: string;
  readonly decision: 'create' | 'replace' | 'skip';
}

/**
 * Gives the files of this run their names in one directory: no two files of the run share one, and what was there
 * before is treated as `--if-exists` says.
 */
export class Names {
  readonly #directory: OutputDirectory;
  readonly #policy: IfExists;

  /** `directory` is shared by everything in this process that saves into it. */
  constructor(directory: OutputDirectory, policy: IfExists) {
    this.#directory = directory;
    this.#policy = policy;
  }

  /** Throws CannotCreateError when a file is there that may not be replaced. */
  async claim(wish: string): Promise<TargetName> {
    const name = unusedName(wish, (candidate) => this.#directory.taken.has(key(candidate)));
    this.#directory.taken.add(key(name));
    const existing = await this.#existing(name);
    const decision = decideExisting(this.#policy, existing);
    switch (decision) {
      case 'create':
      case 'replace':
      case 'skip':
        return { name, decision };
      case 'rename':
        return await this.claim(wish);
      case 'refuse':
        this.release(name);
        throw this.#refusal(name);
    }
  }

  /** The name belongs to a file that is saved already. */
  take(name: string): void {
    this.#directory.taken.add(key(name));
  }

  /** The name is free again: its file was not saved after all. */
  release(name: string): void {
    this.#directory.taken.delete(key(name));
  }

  #refusal(name: string): CannotCreateError {
    const whose =
      this.#policy === 'own' ? ', and is not as exportpoll saved it, or is not from exportpoll' : '';
    return new CannotCreateError(`${join(this.#directory.path, name)} exists${whose}`, {
      hint: 'move it away, or choose with --if-exists overwrite, skip or rename',
    });
  }

  async #existing(name: string): Promise<Existing> {
    const found = await lstat(join(this.#directory.path, name)).catch(() => undefined);
    if (found === undefined) return 'nothing';
    if (this.#policy !== 'own') return 'other';
    for (const file of (await this.#directory.savedBefore()).get(name) ?? []) {
      if (await isUnchanged(this.#directory.path, file)) return 'ours';
    }
    return 'other';
  }
}

/** Names that differ only in case or composition are one file on some systems. */
function key(name: string): string {
  return name.normalize('NFC').toLowerCase();
}
