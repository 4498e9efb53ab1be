import type { ExportpollError } from '../errors.ts';
import { evaluate, evaluateNumber, evaluateText, type Scope } from '../profiles/expression.ts';
import type { Profile, RequestEntry } from '../profiles/schema.ts';
import { readInstant, readRetryAfter } from '../profiles/values.ts';
import { lookUpWord, normaliseWord } from '../profiles/words.ts';
import type { Answer } from './answer.ts';
import { buildRequest } from './build-request.ts';
import type { ApiClient } from './client.ts';
import type { ClientRequest } from './client-request.ts';
import { describeRequest } from './transport/http.ts';
import { classifyStatus, statusError } from './failures.ts';
import type { Turn } from './quota.ts';

/** An answer of an API takes seconds; when no byte comes for this long, it will not come. */
const ANSWER_IDLE_MS = 60_000;

/** An envelope's code that is neither a status nor a word that the profile knows: no HTTP status. */
const UNEXPLAINED = 0;
/** Codes by which services say that there is no error, besides the statuses 200 to 299. */
const NO_ERROR: ReadonlySet<string> = new Set(['0', 'ok', 'success']);

/** What a profile's request came back with. */
export interface Reply {
  readonly answer: Answer;
  /** The answer's HTTP status, or the one that the code in its envelope stands for; 0 for a code that stands for none. */
  readonly status: number;
  /** The error that it stands for, if it stands for one. */
  readonly error: ExportpollError | undefined;
}

/**
 * Sends one request of a profile, its templates filled in from `scope`. Rejects with the error that the answer stands
 * for, by its HTTP status or by the code in its envelope; statuses in `accept` are answers like any other.
 */
export async function ask(
  profile: Profile,
  entry: RequestEntry,
  scope: Scope,
  accept: readonly number[],
  client: ApiClient,
  turn: Turn,
): Promise<Answer> {
  const { answer, error } = await send(profile, entry, scope, accept, client, turn);
  if (error !== undefined) throw error;
  return answer;
}

/** As `ask`, for whoever wants to look at an error's answer; with `starting`, of a request that starts something. */
export async function send(
  profile: Profile,
  entry: RequestEntry,
  scope: Scope,
  accept: readonly number[],
  client: ApiClient,
  turn: Turn,
  starting: Pick<ClientRequest, 'onSend' | 'onRedirect'> = {},
): Promise<Reply> {
  const request = {
    ...buildRequest(entry, scope),
    credentials: true,
    idleTimeoutMs: ANSWER_IDLE_MS,
    ...turn,
    ...starting,
  };
  const answer =
    entry.answer === 'headers' ? await client.probe(request) : await client.ask(request, entry.answer);
  tellQuota(profile, answer, client.quota);
  const what = describeRequest(entry.method, answer.url);
  const error = refusalOf(profile, answer, accept, what, (text) => client.quote(text));
  return { answer, status: statusOf(profile, answer), error };
}

function tellQuota(profile: Profile, answer: Answer, quota: ApiClient['quota']): void {
  const scope: Scope = { ...pick(answer), vars: {} };
  if (statusOf(profile, answer) === 429) {
    quota.refused(askedWait(profile.errors, scope, answer));
  } else {
    const { remaining, limit } = profile.quota;
    quota.answered(evaluateNumber(remaining, scope), evaluateNumber(limit, scope));
  }
}

/**
 * The error that an answer stands for, by its HTTP status or by the code in its envelope. `what` says in it what was
 * asked; `quote` makes text of a server fit to be shown.
 */
export function refusalOf(
  profile: Profile,
  answer: Answer,
  accept: readonly number[],
  what: string,
  quote: (text: string) => string,
): ExportpollError | undefined {
  const status = statusOf(profile, answer);
  if ((status >= 200 && status < 300) || accept.includes(status)) return undefined;
  const scope: Scope = { ...pick(answer), vars: {} };
  const said = evaluateText(profile.errors.message, scope);
  const code =
    status === UNEXPLAINED ? `"${quote(evaluateText(profile.errors.status, scope) ?? '')}"` : status;
  const message = `${what}: ${profile.name} answered ${code}${said === undefined ? '' : `: ${quote(said)}`}`;
  const denied = classifyStatus(status) === 'denied';
  return statusError(status, message, {
    retryAfterMs: askedWait(profile.errors, scope, answer),
    ...(denied ? { hint: deniedHint } : {}),
  });
}

/** True when the answer says, by HTTP or in its envelope, that the credential is no good. */
export function isRefused(profile: Profile, answer: Answer): boolean {
  return profile.errors.credentialRefused.includes(statusOf(profile, answer));
}

/** Some services put the error into a 200, others into both places; the envelope's code is the more exact. */
function statusOf(profile: Profile, answer: Answer): number {
  const code = envelopeStatus(profile, { ...pick(answer), vars: {} });
  return code === undefined || (answer.status >= 400 && code < 400) ? answer.status : code;
}

/**
 * What the code of an envelope says, the first that fits:
 *
 * | code | status |
 * | --- | --- |
 * | none: nothing, empty, a truth value | `undefined` |
 * | in `statuses` | what it stands for |
 * | `0`, `ok`, `success` | `undefined`: there is no error |
 * | a number | that number |
 * | any other word | UNEXPLAINED: it is an error, but nobody knows which |
 */
function envelopeStatus({ errors: { status, statuses } }: Profile, scope: Scope): number | undefined {
  const word = evaluateText(status, scope);
  if (word === undefined) return undefined;
  const known = lookUpWord(word, statuses);
  if (known !== undefined) return known;
  if (NO_ERROR.has(normaliseWord(word))) return undefined;
  return evaluateNumber(status, scope) ?? UNEXPLAINED;
}

const deniedHint = 'check the credential; `exportpoll config` shows where each one comes from';

/** The longest wait that the answer asks for, in ms: in the profile's places, and in `Retry-After` (RFC 9110, 10.2.3). */
export function askedWait(
  { retryAfter, retryAt }: { retryAfter?: string | undefined; retryAt?: string | undefined },
  scope: Scope,
  answer: Answer,
): number | undefined {
  const seconds = evaluateNumber(retryAfter, scope);
  const instant = retryAt === undefined ? undefined : readInstant(evaluate(retryAt, scope));
  const waits = [
    seconds === undefined ? undefined : seconds * 1000,
    instant === undefined ? undefined : instant - answer.serverNow,
    readRetryAfter(answer.headers['retry-after'], answer.serverNow),
  ].filter((wait) => wait !== undefined);
  return waits.length === 0 ? undefined : Math.max(0, ...waits);
}

/** What expressions see of an answer. */
export function pick({ status, headers, body }: Answer): Record<string, unknown> {
  return { status, headers: Object.assign(Object.create(null), headers), body };
}
