import { z } from 'zod';

import { everyAlgorithm } from '../verify.ts';

export const sidecarSchema = z.object({
  v: z.literal(1),
  identity: z.string(),
  etag: z.string().optional(),
  weakEtag: z.string().optional(),
  lastModified: z.string().optional(),
  /** Bytes of the whole raw file, once known. */
  total: z.number().int().nonnegative().optional(),
  /** `Content-Encoding` of the raw bytes. */
  encoding: z.string().optional(),
  /** `Content-Disposition` of the file, which names it also in a run that need not ask for it any more. */
  disposition: z.string().optional(),
  /** Checksums of the whole raw file that an answer told: the next need not repeat them. */
  digests: z
    .array(z.object({ source: z.string(), algorithm: z.enum(everyAlgorithm), value: z.string() }))
    .optional(),
  /** True once every raw byte is here, also where no total was ever told. */
  whole: z.boolean().optional(),
});
