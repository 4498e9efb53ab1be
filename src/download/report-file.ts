import { join } from 'node:path';

import type { Event } from '../events.ts';
import type { ManifestFile } from './manifest.ts';

/** Whose files are told of, and to whom. */
interface Telling {
  readonly provider: string;
  readonly id: string;
  readonly report: (event: Event) => void;
}

/** Tells that a file is on disk; with `already`, that it was there before this run. */
export function reportSaved(
  { name, bytes, rawBytes, sha256 }: ManifestFile,
  { report, provider, id, directory }: Telling & { readonly directory: string },
  already: { already?: true } = {},
): void {
  report({
    type: 'file.saved',
    provider,
    id,
    file: name,
    path: join(directory, name),
    bytes,
    rawBytes,
    sha256,
    ...already,
  });
}

/** Tells that a file was not saved, which must not go unnoticed: what is there may be anything. */
export function reportSkipped(name: string, { report, provider, id }: Telling): void {
  const message = `${name} is left alone: it exists (--if-exists skip)`;
  report({ type: 'warning', provider, id, message });
}
