import type { Account } from '../account.ts';
import { ExportpollError, ProtocolError, RefusedError, TryAgainError } from '../errors.ts';
import { evaluate, evaluateText, type Scope } from '../profiles/expression.ts';
import { isIdOf, shortened } from '../profiles/id.ts';
import type { Parameters } from '../profiles/parameter-value.ts';
import type { StartEntry } from '../profiles/schema.ts';
import { expandTemplate } from '../profiles/template.ts';
import { ask, pick, send, type Reply } from './ask.ts';
import type { ApiClient } from './client.ts';
import { classifyStatus, neverSent, UnreadableAnswerError } from './failures.ts';
import type { Turn } from './quota.ts';

/** What a new export is asked for with. */
export interface StartOrder {
  readonly account: Account;
  readonly start: StartEntry;
  /** As the requests see them. */
  readonly parameters: Parameters;
  /** The name that was chosen for it, where the profile wants one. */
  readonly name: string | undefined;
}

/** What came of a start: the new export's id, or what the profile calls its refusal. */
export type StartReply =
  | { readonly kind: 'started'; readonly id: string }
  | { readonly kind: 'taken' | 'spent' | 'busy'; readonly error: ExportpollError };

/** The start was sent, and what came of it is not known. */
export class LostAnswerError extends TryAgainError {
  /** It was answered, and not refused: the same request would be answered in the same way, and may start another one. */
  readonly isAnswered: boolean;

  constructor(message: string, details: { cause: unknown; isAnswered: boolean }) {
    super(message, { cause: details.cause });
    this.isAnswered = details.isAnswered;
  }
}

/**
 * Asks the provider for a new export, once. Rejects with LostAnswerError when the request may have been heard:
 *
 * | what came | is answered |
 * | --- | --- |
 * | nothing, or not all of it; 5xx, 408 | no |
 * | a success whose id cannot be read, is none, or holds a secret | yes |
 * | a redirect that leads to no id, whatever comes instead; any other 3xx | yes |
 * | a success with a code in its envelope that is no HTTP status | yes |
 *
 * Every other rejection, as by a 4xx, means that nothing was started.
 *
 * @param onSend called, and waited for, right before the request goes out
 */
export async function requestStart(
  order: StartOrder,
  client: ApiClient,
  turn: Turn,
  onSend: () => Promise<void>,
): Promise<StartReply> {
  const { account, start } = order;
  const scope = scopeOf(order);
  let isSent = false;
  let isRedirected = false;
  let reply: Reply;
  try {
    reply = await send(account.profile, start.request, scope, start.accept, client, turn, {
      onSend: async () => {
        await onSend();
        isSent = true;
      },
      onRedirect: () => (isRedirected = true),
    });
  } catch (error) {
    if (!isSent || (!isRedirected && neverSent(error))) throw error;
    throw lost(error, isRedirected || error instanceof UnreadableAnswerError);
  }
  const { answer, status, error } = reply;
  const seen: Scope = { ...scope, ...pick(answer), status };
  if (error !== undefined) {
    const refusal = start.refusals.find(({ when }) => evaluate(when, seen) === true);
    if (refusal !== undefined) return { kind: refusal.means, error };
    switch (verdict(status)) {
      case 'refused':
        throw isRedirected ? lost(error, true) : refused(error, status);
      case 'unheard':
        throw lost(error, isRedirected);
      case 'unclear':
        throw lost(error, true);
    }
  }
  const id = start.id === undefined ? order.name : evaluateText(start.id, seen);
  // An id is written to disk and shown: what holds a secret, as where a server echoes it, is none.
  if (id !== undefined && isIdOf(account.profile, id) && client.quote(id) === id)
    return { kind: 'started', id };
  const what = id === undefined ? 'without an id' : `with "${shortened(client.quote(id))}", which is no id`;
  throw lost(new ProtocolError(`${account.name} answered the start ${what}`), true);
}

/** One export of those that the provider lists. */
export interface Listed {
  readonly id: string;
  /** It has the parameters of the one that is asked for. */
  readonly isAlike: boolean;
}

/** The exports that the provider lists, in its order; for a profile with `find`. */
export async function listExports(order: StartOrder, client: ApiClient, turn: Turn): Promise<Listed[]> {
  const { account, start } = order;
  if (start.find === undefined) return [];
  const { request, each, where, id } = start.find;
  const scope = scopeOf(order);
  const answer = await ask(account.profile, request, scope, [], client, turn);
  const list = evaluate(each, { ...scope, ...pick(answer) });
  if (!Array.isArray(list)) throw new ProtocolError(`${account.name} gave no list of its exports`);
  return list.flatMap((item: unknown) => {
    const own: Scope = { ...scope, ...pick(answer), item };
    const listed = evaluateText(id, own);
    if (listed === undefined) return [];
    return { id: listed, isAlike: where === undefined || evaluate(where, own) === true };
  });
}

/** A name for a new export that nobody else has: the profile's template with the time and 32 random bits. */
export function chooseName(template: string, now: number, random: () => number): string {
  const digits = new Date(now).toISOString().replace(/\D/g, '');
  const hex = Math.floor(random() * 2 ** 32).toString(16);
  return expandTemplate(template, {
    time: `${digits.slice(0, 8)}_${digits.slice(8, 14)}`,
    random: hex.padStart(8, '0'),
  });
}

function scopeOf({ account, parameters, name }: StartOrder): Scope {
  return { vars: { ...account.variables, ...(name === undefined ? {} : { name }) }, params: parameters };
}

function lost(error: unknown, isAnswered: boolean): Error {
  // An interruption, or a bug, is told as what it is; what the ledger says holds all the same.
  if (!(error instanceof ExportpollError) || error.exitCode >= 130) return error as Error;
  return new LostAnswerError(error.message, { cause: error, isAnswered });
}

/** What a status that is no success says of the start: 0 is for a code that stands for no status. */
function verdict(status: number): 'refused' | 'unheard' | 'unclear' {
  if (status === 408 || (status >= 500 && status < 600)) return 'unheard';
  return status >= 400 && status < 500 ? 'refused' : 'unclear';
}

/** A refusal that is about this start rather than about the credentials or the moment. */
function refused(error: ExportpollError, status: number): ExportpollError {
  const kind = classifyStatus(status);
  if (kind === 'denied' || kind === 'transient') return error;
  return new RefusedError(error.message, {
    hint: 'nothing was started; `exportpoll providers NAME` shows what a start takes',
    cause: error,
  });
}
