import { ProtocolError } from '../errors.ts';
import { evaluateText, type Scope } from '../profiles/expression.ts';
import type { NextEntry, RequestEntry } from '../profiles/schema.ts';
import type { Answer } from './answer.ts';
import { pick } from './ask.ts';

/** A list that has more pages than this has no end. */
const MOST_PAGES = 1000;

/** A request of a profile, and what it is filled in from. */
export interface Asking {
  readonly entry: RequestEntry;
  readonly scope: Scope;
}

/** Sends a request of a profile. */
export type Send = (asking: Asking) => Promise<Answer>;

/** One page: what was asked for, and what came. */
export interface Page extends Asking {
  readonly answer: Answer;
}

/** All pages of an answer, the first one first, each asked for as the one before it says. */
export async function allPages(first: Asking, next: NextEntry | undefined, send: Send): Promise<Page[]> {
  const pages: Page[] = [];
  let asking: Asking | undefined = first;
  while (asking !== undefined) {
    if (pages.length === MOST_PAGES) throw new ProtocolError(`the answer has more than ${MOST_PAGES} pages`);
    const page: Page = { ...asking, answer: await send(asking) };
    pages.push(page);
    asking = next === undefined ? undefined : nextPage(first, next, page.answer);
  }
  return pages;
}

function nextPage({ entry, scope }: Asking, next: NextEntry, answer: Answer): Asking | undefined {
  const seen: Scope = { ...scope, ...pick(answer) };
  if (typeof next === 'string') {
    const text = evaluateText(next, seen);
    if (text === undefined) return undefined;
    if (!URL.canParse(text, answer.url.href)) throw new ProtocolError('the link to the next page is no URL');
    return { entry: at(entry), scope: withVars(scope, { page: new URL(text, answer.url).href }) };
  }
  const vars: Record<string, string> = {};
  for (const [name, expression] of Object.entries(next)) {
    const value = evaluateText(expression, seen);
    if (value !== undefined) vars[name] = value;
  }
  return Object.keys(vars).length === 0 ? undefined : { entry, scope: withVars(scope, vars) };
}

/** The same request to the URL in `page`, which has whatever query it needs. */
export function at(entry: RequestEntry): RequestEntry {
  return { ...entry, url: '{+page}', query: undefined };
}

export function withVars(scope: Scope, vars: Readonly<Record<string, string>>): Scope {
  return { ...scope, vars: { ...scope.vars, ...vars } };
}
