import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';

/** The eight characters that find a file's part again in a later run, whatever its name turns out to be. */
export function partKey(api: string, provider: string, id: string, identity: string): string {
  return createHash('sha256')
    .update(JSON.stringify([api, provider, id, identity]))
    .digest('hex')
    .slice(0, 8);
}

/** What a part is called: readable, and hidden. */
export function partName(name: string, key: string): string {
  return `.${name}.${key}.part`;
}

/** The parts that earlier runs have left in a directory, by key: the name that a file goes by may have changed. */
export async function leftParts(directory: string): Promise<ReadonlyMap<string, string>> {
  const parts = new Map<string, string>();
  for (const name of await readdir(directory).catch(() => [])) {
    const [, part, key] = PART.exec(name) ?? [];
    if (part !== undefined && key !== undefined) parts.set(key, part);
  }
  return parts;
}

/** Or its sidecar, whose part is gone. */
const PART = /^(\..*\.([0-9a-f]{8})\.part)(?:\.json)?$/s;
