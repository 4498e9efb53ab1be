import { basename } from 'node:path';

import { z } from 'zod';

/** One path segment: whoever writes a manifest into a repository must not name files outside of it. */
const fileName = z.string().refine((name) => basename(name) === name && !/^\.{0,2}$/.test(name));

export const manifestFileSchema = z.object({
  /** In the directory of the manifest. */
  name: fileName,
  /** What the provider's links have in common for this file. */
  identity: z.string(),
  /** On disk. */
  bytes: z.number(),
  /** At the provider; differs from `bytes` when gzip was taken off. */
  rawBytes: z.number(),
  /** Of the file on disk, lower-case hex. */
  sha256: z.string(),
  /** Modification time on disk, ms since the epoch: while it and `bytes` are the same, the file is unchanged. */
  mtimeMs: z.number(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  /** Host and path, never the query: that is a signature. */
  source: z.object({ host: z.string(), path: z.string() }).optional(),
});

export const manifestSchema = z.object({
  v: z.literal(1),
  /** Who wrote it, such as `exportpoll/1.2.3`. */
  generator: z.string(),
  provider: z.string(),
  id: z.string(),
  /** Where the export was asked for, without a query: another API may have another export of that id. */
  api: z.string().optional(),
  state: z.string(),
  /** The options that decide what is on disk: with others, the same export makes other files. */
  options: z.object({ keepCompressed: z.boolean(), name: z.string() }),
  /** ISO 8601. */
  startedAt: z.string(),
  completedAt: z.string(),
  files: z.array(manifestFileSchema),
  /** Files that earlier runs of this export have saved here under other options, and that are unchanged since. */
  earlier: z.array(manifestFileSchema).optional(),
  /** Names of files that were left as they were, because `--if-exists skip` said so. */
  skipped: z.array(fileName).optional(),
  /** The command of `--exec` has to be run for these files: it has not ended well yet. */
  execDue: z.literal(true).optional(),
});
