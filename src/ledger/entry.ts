import { createHash } from 'node:crypto';

import type { z } from 'zod';

import type { entrySchema } from './entry-schema.ts';

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
