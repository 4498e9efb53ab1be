import { groupsOf } from '../../profiles/pattern.ts';
import type { Profile, RequestEntry } from '../../profiles/schema.ts';
import { expandTemplate, templateVariables } from '../../profiles/template.ts';
import { credentialOrigins } from '../../profiles/origins.ts';
import type { Account } from '../../account.ts';

/** A scheme and a host that nothing behind them can change any more. */
const WHOLE_ORIGIN = /^https?:\/\/[^/?#\\]+[/?#\\]/i;
/** What can only go on from the address before it, on the same host. */
const PATH = /^(\/[^/\\]|[\w.-]+\/)/;

/**
 * Every origin that a request of the account may go to, with credentials or without: what a profile puts into the
 * address goes there as well. A template whose host is known only in the run stands for itself, in words.
 */
export function destinations(account: Account): Set<string> {
  const { profile, variables } = account;
  const open = [...partsOfId(profile), ...ofPages(profile)];
  const templates = [
    ...requestsIn(profile).map(({ url, with: bound }) => [url, bound] as const),
    ...profile.files.map(({ template = '', with: bound }) => [template, bound] as const),
  ];
  const found = templates.map(([template, bound]) =>
    destination(template, variables, new Set([...open, ...Object.keys(bound)])),
  );
  return new Set([...credentialOrigins(account), ...found.filter((origin) => origin !== undefined)]);
}

/** Wherever in a profile a request stands: none may be forgotten. */
function requestsIn(part: unknown): RequestEntry[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('method' in part && 'url' in part && 'with' in part) return [part as RequestEntry];
  return Object.values(part).flatMap(requestsIn);
}

/** The template variables that the answer before gives where there are pages. */
function ofPages({ followUps, files }: Profile): string[] {
  return [...followUps, ...files].flatMap(({ next }) => (typeof next === 'object' ? Object.keys(next) : []));
}

/** The template variables that an id gives, and the name of a new export, which go before the account's of the same name. */
function partsOfId({ id: { pattern } }: Profile): string[] {
  return ['id', 'name', ...groupsOf(pattern)];
}

/**
 * The origin that the template leads to when the variables in `open` are known only in the run. `undefined` where
 * nothing is sent, as long as a variable is missing, or nothing to another host.
 */
function destination(
  template: string,
  variables: Readonly<Record<string, string>>,
  open: ReadonlySet<string>,
): string | undefined {
  const parts = template.split(/(?=\{)/);
  const isOpen = (part: string): boolean =>
    templateVariables(part).some((name) => open.has(name.replace(/[:*].*$/s, '')));
  const firstOpen = parts.findIndex(isOpen);
  const known = expandTemplate((firstOpen < 0 ? parts : parts.slice(0, firstOpen)).join(''), variables);
  if (WHOLE_ORIGIN.test(known) || (firstOpen < 0 && URL.canParse(known))) {
    return URL.canParse(known) ? new URL(known).origin : undefined;
  }
  if (PATH.test(known) || (known === '' && firstOpen < 0)) return undefined;
  return `wherever "${template}" leads`;
}
