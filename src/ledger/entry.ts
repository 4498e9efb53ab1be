import { createHash } from 'node:crypto';

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
  /** In UTC; the date words in the parameters are as of then, too. */
  createdAt: z.iso.datetime(),
  /** When it was last changed, or looked at. */
  updatedAt: z.iso.datetime(),
});

/** One file of the ledger. It holds no parameters, no secrets and no links. */
export type Entry = z.infer<typeof entrySchema>;

/** What makes an entry that entry: a named export has one, and so has each set of parameters, or each known id. */
export type EntryIdentity = Pick<Entry, 'provider' | 'api'> & {
  readonly name?: string | undefined;
  readonly file?: string | undefined;
  readonly parameters?: string | undefined;
  readonly id?: string | undefined;
};

/** What the entry's file and lock are called after. */
export function entryKey({ provider, api, name, file, parameters, id }: EntryIdentity): string {
  const which = name !== undefined ? { name, file } : parameters !== undefined ? { parameters } : { id };
  const hash = createHash('sha256').update(JSON.stringify([provider, api, which]));
  return `${provider}.${hash.digest('hex').slice(0, 16)}`;
}

/** What a person calls it: `provider:id`, or `provider` as long as there is no id. */
export function targetOf({ provider, id }: Pick<Entry, 'provider' | 'id'>): string {
  return id === undefined ? provider : `${provider}:${id}`;
}

export function isUnfinished({ state }: Entry): boolean {
  return state !== 'finished';
}
