import { z } from 'zod';

/**
 * How far an export is, as this machine knows:
 *
 * | state | a crash from here on |
 * | --- | --- |
 * | `starting` | the request that starts it was about to be sent: it may have been started, or not |
 * | `underway` | the provider has it under `id`: it is waited for, and its files are fetched |
 * | `finished` | nothing is left to do |
 */
const state = z.enum(['starting', 'underway', 'finished']);

export const entrySchema = z.object({
  v: z.literal(1),
  /** The account's name under `providers:`. */
  provider: z.string(),
  /** The API's root, without a query: another API may have another export of that id. */
  api: z.string(),
  /** The entry under `exports:` that it belongs to … */
  name: z.string().optional(),
  /** … and the real path of the file that it is in: another project may have one of that name. */
  file: z.string().optional(),
  /** SHA-256 of the parameters that it was started with; absent for one that was started elsewhere. */
  parameters: z.string().optional(),
  state,
  /** Known from the answer to the start on, or before it where the client chooses it. */
  id: z.string().optional(),
  /** The name that was chosen for it. */
  chosen: z.string().optional(),
  /** The ids of the exports that the provider listed before the start, also of those with other parameters. */
  before: z.array(z.string()).optional(),
  /** The start was answered, without a refusal and without an id that can be read. */
  answered: z.boolean().optional(),
  /** What it ended as: `ready`, `empty`, `failed`, `gone`, `cancelled`. */
  outcome: z.string().optional(),
  /** Where its files go, and the options that decide what is on disk. */
  output: z.string(),
  options: z.object({ keepCompressed: z.boolean(), name: z.string() }),
  /** When it was first asked for, or first looked at; in UTC. */
  createdAt: z.iso.datetime(),
  /** When the command began that asked for it, which date words in the parameters go by; without it, `createdAt`. */
  wordsAsOf: z.iso.datetime().optional(),
  /** When it was last changed, or looked at. */
  updatedAt: z.iso.datetime(),
});
