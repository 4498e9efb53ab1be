import type { Order } from '../account.ts';
import { MaybeStartedError } from '../errors.ts';
import type { Entry } from '../ledger/entry.ts';

/** The error of a start of which nobody can tell whether it has started an export; `why` ends the sentence. */
export function maybeStarted({ account, name }: Order, { updatedAt }: Entry, why: string): MaybeStartedError {
  return new MaybeStartedError(
    `the export may have been started at ${updatedAt}, or not: the answer was lost, and ${why}`,
    {
      hint:
        `look for it at the provider. If it is there: exportpoll watch ${account.name}:ID; ` +
        `if not: exportpoll start ${name ?? account.name} … --again`,
    },
  );
}
