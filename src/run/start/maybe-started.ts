import type { Order } from '../../account.ts';
import { TransientError } from '../../api/failures.ts';
import type { LostAnswerError } from '../../api/start.ts';
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

/** The error of a start whose answer was lost, and which the next attempt, or the next run, looks for. */
export function lostStartError(order: Order, error: LostAnswerError): TransientError {
  return new TransientError(error.message, {
    hint:
      'the export may have been started: the same command looks for it first. ' +
      `If you find it at the provider: ${startCommand(order, '--id ID')}; ` +
      `to start another one: ${startCommand(order, '--again')}${besides(order, '; both')}`,
    cause: error,
  });
}

/** The command line of the same order with another flag, to be pasted; see `besides`. */
export function startCommand({ account, name, flags = [] }: Order, flag: string): string {
  return ['exportpoll start', name ?? account.name, ...flags, flag].join(' ');
}

/** What to say after `startCommand`, which repeats no parameters: they may be secrets. */
export function besides({ name }: Order, how = ','): string {
  return name === undefined ? `${how} with the same parameters` : '';
}
