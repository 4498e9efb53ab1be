import type { z } from 'zod';

import { writeAtomically } from '../durable.ts';
import { readSmall, SMALL_BYTES } from '../read-small.ts';
import type { sidecarSchema } from './sidecar-schema.ts';

/** What proves that bytes fetched later belong to the bytes fetched before (RFC 9110, 8.8). */
export interface Validator {
  /** A strong entity tag, with its quotes. */
  readonly etag?: string | undefined;
  /** A weak one, as the server wrote it: it proves nothing about bytes, but another one disproves that they belong together. */
  readonly weakEtag?: string | undefined;
  /** As the server wrote it. */
  readonly lastModified?: string | undefined;
}

/**
 * What has to be known about a `.part` to go on with it in a later run; lies beside it as `.part.json`. Holds no URL:
 * links are secrets, and dead by then.
 */
export type Sidecar = Omit<z.infer<typeof sidecarSchema>, 'v'>;

/** The sidecar at `path`; `undefined` when there is none, or none that can be used. */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  const text = await readSmall(path, SMALL_BYTES);
  if (text === undefined) return undefined;
  const { sidecarSchema } = await import('./sidecar-schema.ts');
  try {
    return sidecarSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Not forced to the disk: without its sidecar a part is merely fetched again. */
export async function writeSidecar(path: string, sidecar: Sidecar): Promise<void> {
  await writeAtomically(path, `${JSON.stringify({ v: 1, ...sidecar })}\n`, { mode: 0o600, durable: false });
}
