import type { Order } from '../../account.ts';
import { MaybeStartedError } from '../../errors.ts';
import type { Entry } from '../../ledger/entry.ts';

/** The error of a start of which nobody can tell whether it has started an export; `why` ends the sentence. */
export function maybeStartedError(order: Order, { updatedAt }: Entry, why: string): MaybeStartedError {
  return new MaybeStartedError(
    `the export may have been started at ${updatedAt}, or not: the answer was lost, and ${why}`,
    {
      hint:
        `look for it at the provider. If it is there: ${startCommand(order, '--id ID')}; ` +
        `if not: ${startCommand(order, '--again')}${besides(order, '; both')}`,
    },
  );
}

/** The command line of the same order with another flag, to be pasted; see `besides`. */
export function startCommand({ account, name, flags = [] }: Order, flag: string): string {
  return ['exportpoll start', name ?? account.name, ...flags, flag].join(' ');
}

/** What to say after `startCommand`, which repeats no parameters: they may be secrets. */
export function besides({ name }: Order, how = ','): string {
  return name === undefined ? `${how} with the same parameters` : '';
}
