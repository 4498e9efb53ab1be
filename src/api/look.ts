import type { Account } from '../account.ts';
import { DeniedError, GoneError, ProtocolError } from '../errors.ts';
import { evaluate, evaluateText, type Scope } from '../profiles/expression.ts';
import { compileIdPattern } from '../profiles/id.ts';
import type { FollowUp, Meaning, Profile } from '../profiles/schema.ts';
import { readPercent } from '../profiles/values.ts';
import { lookUpWord } from '../profiles/words.ts';
import type { State } from '../events.ts';
import type { Answer } from './answer.ts';
import { askedWait, pick } from './ask.ts';
import { describeRequest } from './transport/http.ts';
import { UnreadableAnswerError } from './failures.ts';
import type { Link } from './link.ts';
import { allPages, type Asking, type Page } from './pages.ts';
import { readLinks } from './read-links.ts';

/** What one look at an export found. */
export interface Look {
  readonly state: State;
  /** The provider's own word, as it came. */
  readonly word: string;
  /** For a word that may pass: the state that it settles into once it was seen `after` times in a row. */
  readonly settles?: { readonly state: State; readonly after: number };
  /** 0 to 100. */
  readonly percent?: number;
  readonly message?: string;
  /** Present when ready; `undefined` then means that the provider gave no link although it says ready. */
  readonly links?: readonly Link[] | undefined;
  /** Of a word that no profile maps: the account whose profile it is. */
  readonly provider?: string;
  /** How long the provider asks to wait before the next look, in ms. */
  readonly retryAfterMs?: number;
}

/** Who asks the provider, or knows the answers. */
export interface Asker {
  /** Sends a request of the profile; rejects with the error of an answer whose status is none of `accept`, nor 2xx. */
  readonly send: (asking: Asking, accept?: readonly number[]) => Promise<Answer>;
  /** Makes text of the server fit to be shown. */
  readonly quote: (text: string) => string;
  /** Our clock, in ms. */
  readonly now: () => number;
}

/**
 * Asks the provider once how the export `id` is doing: the status request, then whatever follow-ups the profile
 * wants for what was found. A 404 or 410 is the state `gone`; every other error status is an error, and so is an answer
 * that says nothing at all.
 */
export async function look(
  { name, profile, variables }: Pick<Account, 'name' | 'profile' | 'variables'>,
  id: string,
  { send, quote, now }: Asker,
): Promise<Look> {
  const vars = { ...variables, id, ...compileIdPattern(profile).exec(id)?.groups };
  let answer: Answer;
  try {
    answer = await send({ entry: profile.status.request, scope: { vars } });
  } catch (error) {
    if (error instanceof GoneError) return { state: 'gone', word: 'not found', message: error.message };
    throw error;
  }
  const known: Record<string, unknown> = { ...pick(answer) };
  const scope = (): Scope => ({ ...known, vars });

  const word = evaluateText(profile.status.state, scope()) ?? '';
  if (word === '' && answer.body === undefined && profile.status.request.answer !== 'headers') {
    const what = describeRequest(profile.status.request.method, answer.url);
    throw new UnreadableAnswerError(`${what}: the answer (HTTP ${answer.status}) is empty`, {
      hint: 'check baseUrl, and whether a proxy stands in between',
    });
  }
  const percent = readPercentOf(profile, scope());
  const retryAfterMs = askedWait(profile.status, scope(), answer);
  let message = evaluateText(profile.status.message, scope());
  let meaning = lookUpWord(word, profile.status.states);

  for (const step of profile.followUps) {
    if (!isWanted(step, meaning)) continue;
    const pages = await followUp(step, scope(), send);
    const [found] = pages ?? [];
    if (pages === undefined || found === undefined) continue;
    known[step.as] = step.next === undefined ? pick(found.answer) : pages.map(({ answer }) => pick(answer));
    const own: Scope = { ...pick(found.answer), vars };
    if (step.state === undefined) continue;
    meaning = lookUpWord(evaluateText(step.state, own) ?? '', step.states);
    message = evaluateText(step.message, own) ?? message;
  }
  const { state, settles } = decide(meaning);
  const ready = state === 'ready' || state === 'ready-with-errors';
  return {
    state,
    word: word === '' ? 'no status' : quote(word),
    ...(state === 'unknown' ? { provider: name } : {}),
    ...(settles === undefined ? {} : { settles }),
    ...(percent === undefined ? {} : { percent }),
    ...(message === undefined ? {} : { message: quote(message) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(ready ? { links: await readLinks(profile, scope(), answer, now, send) } : {}),
  };
}

function readPercentOf({ status: { percent } }: Profile, scope: Scope): number | undefined {
  if (percent === undefined) return undefined;
  return typeof percent === 'string'
    ? readPercent(evaluate(percent, scope))
    : readPercent(evaluate(percent.fraction, scope), true);
}

async function followUp(step: FollowUp, scope: Scope, send: Asker['send']): Promise<Page[] | undefined> {
  // Without what its URL is made of there is nothing to ask for.
  const lacks = Object.values(step.request.with).some((value) => evaluateText(value, scope) === undefined);
  if (step.optional && lacks) return undefined;
  try {
    return await allPages(
      { entry: step.request, scope },
      step.next,
      async (asking) => await send(asking, step.accept),
    );
  } catch (error) {
    // A service that is merely busy will tell later what would otherwise go unchecked.
    const isRefusal =
      error instanceof DeniedError || error instanceof GoneError || error instanceof ProtocolError;
    if (step.optional && isRefusal) return undefined;
    throw error;
  }
}

function isWanted(step: FollowUp, meaning: Meaning | undefined): boolean {
  if (meaning === undefined) return false;
  const label = typeof meaning === 'string' ? meaning : 'follow' in meaning ? meaning.follow : meaning.state;
  return Array.isArray(step.when) ? step.when.includes(label) : step.when === label;
}

function decide(meaning: Meaning | undefined): { state: State; settles?: { state: State; after: number } } {
  if (typeof meaning === 'string') return { state: meaning };
  if (meaning === undefined || 'follow' in meaning) return { state: 'unknown' };
  return { state: 'running', settles: meaning };
}
