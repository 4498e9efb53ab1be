import type { Account } from '../account.ts';
import { RefusedError } from '../errors.ts';
import { evaluateText } from '../profiles/expression.ts';
import { compileIdPattern } from '../profiles/id.ts';
import type { CancelEntry } from '../profiles/schema.ts';
import { pick, send } from './ask.ts';
import type { ApiClient } from './client.ts';
import { classifyStatus } from './failures.ts';
import type { Turn } from './quota.ts';

/**
 * Asks the provider to cancel the export `id`; resolves with what it says. Rejects with RefusedError when it will not,
 * as when the export is complete, and with GoneError when it does not know it.
 */
export async function requestCancel(
  account: Account,
  entry: CancelEntry,
  id: string,
  client: ApiClient,
  turn: Turn,
): Promise<string | undefined> {
  const { profile } = account;
  const vars = { ...account.variables, id, ...compileIdPattern(profile).exec(id)?.groups };
  // Some services are asked with a GET. It changes something all the same: nobody may send it again unnoticed.
  const once = { onSend: async () => await Promise.resolve() };
  const { answer, status, error } = await send(
    profile,
    entry.request,
    { vars },
    entry.accept,
    client,
    turn,
    once,
  );
  if (error === undefined) {
    const said = evaluateText(entry.message, { vars, ...pick(answer) });
    return said === undefined ? undefined : client.quote(said);
  }
  if (classifyStatus(status) !== 'unexpected') throw error;
  throw new RefusedError(error.message, { hint: 'look at its state: exportpoll status', cause: error });
}
