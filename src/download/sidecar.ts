import { z } from 'zod';

import { writeAtomically } from './durable.ts';
import { readSmall, SMALL_BYTES } from './read-small.ts';

/** What proves that bytes fetched later belong to the bytes fetched before (RFC 9110, 8.8). */
export interface Validator {
  /** A strong entity tag, with its quotes. */
  readonly etag?: string | undefined;
  /** As the server wrote it. */
  readonly lastModified?: string | undefined;
}

const schema = z.object({
  v: z.literal(1),
  identity: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  /** Bytes of the whole raw file, once known. */
  total: z.number().int().nonnegative().optional(),
  /** `Content-Encoding` of the raw bytes. */
  encoding: z.string().optional(),
  /** `Content-Disposition` of the file, which names it also in a run that need not ask for it any more. */
  disposition: z.string().optional(),
  /** True once every raw byte is here, also where no total was ever told. */
  whole: z.boolean().optional(),
});

/**
 * What has to be known about a `.part` to go on with it in a later run; lies beside it as `.part.json`. Holds no URL:
 * links are secrets, and dead by then.
 */
export type Sidecar = Omit<z.infer<typeof schema>, 'v'>;

/** The sidecar at `path`; `undefined` when there is none, or none that can be used. */
export async function readSidecar(path: string): Promise<Sidecar | undefined> {
  const text = await readSmall(path, SMALL_BYTES);
  try {
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Not forced to the disk: without its sidecar a part is merely fetched again. */
export async function writeSidecar(path: string, sidecar: Sidecar): Promise<void> {
  await writeAtomically(path, `${JSON.stringify({ v: 1, ...sidecar })}\n`, { mode: 0o600, durable: false });
}
