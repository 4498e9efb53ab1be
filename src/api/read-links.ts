import { parseDuration } from '../units.ts';
import { ProtocolError } from '../errors.ts';
import { evaluate, evaluateNumber, evaluateText, type Scope } from '../profiles/expression.ts';
import type { LinksEntry, Profile } from '../profiles/schema.ts';
import { expandTemplate } from '../profiles/template.ts';
import { readInstant } from '../profiles/values.ts';
import type { Answer } from './answer.ts';
import { bind, buildRequest, expandHeaders } from './build-request.ts';
import { urlExpiry, type Link } from './link.ts';
import { allPages, withVars, type Asking, type Send } from './pages.ts';

/**
 * The links of a ready export, by the first of the profile's alternatives that has them all. `[]` when the provider
 * lists none (an empty export); `undefined` when the place where links should be is not there (yet), or lists a file
 * without its link: a file that is left out would never be missed. Further pages of a file are asked for with `send`.
 */
export async function readLinks(
  profile: Profile,
  scope: Scope,
  answer: Answer,
  now: () => number,
  send: Send,
): Promise<Link[] | undefined> {
  let isEmpty = false;
  let isLacking = false;
  for (const entry of profile.files) {
    const items = itemsOf(entry, scope);
    const scopes = (items ?? []).map((item, index): Scope => ({ ...scope, item, index }));
    const links = scopes.map((own, index) => readLink(entry, own, index, answer, now()));
    const found = links.filter((link) => link !== undefined);
    if (found.length < links.length) isLacking = true;
    else if (found.length > 0) return distinct(await pagesOf(found, entry, scopes, now, send));
    else if (items !== undefined) isEmpty = true;
  }
  return isEmpty && !isLacking ? [] : undefined;
}

async function pagesOf(
  links: readonly Link[],
  entry: LinksEntry,
  scopes: readonly Scope[],
  now: () => number,
  send: Send,
): Promise<readonly Link[]> {
  if (entry.next === undefined) return links;
  const all: Link[] = [];
  for (const [index, scope] of scopes.entries()) {
    const link = links[index];
    if (link !== undefined) all.push(...(await withPages(link, entry, scope, now, send)));
  }
  return all.map((link, index) => ({ ...link, index }));
}

function itemsOf(entry: LinksEntry, scope: Scope): readonly unknown[] | undefined {
  if (entry.each === undefined) return [undefined];
  const found = evaluate(entry.each, scope);
  if (found === undefined) return undefined;
  return Array.isArray(found) ? found : [found];
}

/** A file with its further pages behind it. Only the headers of a page are looked at: they tell of the next one. */
async function withPages(
  first: Link,
  entry: LinksEntry,
  scope: Scope,
  now: () => number,
  send: Send,
): Promise<Link[]> {
  const { template: url = '{+page}', with: bound, headers } = entry;
  const request = { method: 'GET', url, with: bound, headers, answer: 'headers' } as const;
  const start = { entry: request, scope: withVars(scope, { page: first.url.href }) };
  const pages = await allPages(start, entry.next, async (page) => await send(withOwnHeaders(page, first)));
  return pages.map((page, number) => {
    const { url } = buildRequest(page.entry, page.scope);
    const { headers: own, ...link } = first;
    return {
      ...link,
      ...(own === undefined || url.origin !== first.url.origin ? {} : { headers: own }),
      url,
      issuedAt: now(),
      identity: number === 0 ? first.identity : `${first.identity}#${number}`,
    };
  });
}

/** The headers of a link are for its origin; a store that names the next page could name any other. */
function withOwnHeaders({ entry, scope }: Asking, link: Link): Asking {
  const isOwn = buildRequest(entry, scope).url.origin === link.url.origin;
  return { entry: isOwn ? entry : { ...entry, headers: {} }, scope };
}

function readLink(
  entry: LinksEntry,
  scope: Scope,
  index: number,
  answer: Answer,
  now: number,
): Link | undefined {
  const vars = bind(entry.with, scope);
  const text =
    entry.template === undefined ? evaluateText(entry.url, scope) : expandTemplate(entry.template, vars);
  if (text === undefined) return undefined;
  const url = URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new ProtocolError(`the answer's link no. ${index + 1} is not an http(s) URL`);
  }
  const name = evaluateText(entry.name, scope);
  return {
    identity: identityOf(entry.identity, url, index, name),
    index,
    url,
    auth: authOf(entry.auth, scope),
    ...(Object.keys(entry.headers).length === 0 ? {} : { headers: expandHeaders(entry.headers, vars) }),
    issuedAt: now,
    expiresAt: expiryOf(entry, url, scope, answer, now),
    name,
    size: sizeOf(entry, scope),
    checksums: checksumsOf(entry, scope),
  };
}

function authOf(auth: LinksEntry['auth'], scope: Scope): Link['auth'] {
  if (typeof auth === 'string') return auth;
  return evaluate(auth.apiWhen, scope) === true ? 'api' : 'none';
}

/** A number that is no count of bytes says nothing that a file could be held to. */
function sizeOf(entry: LinksEntry, scope: Scope): number | undefined {
  const size = evaluateNumber(entry.size, scope);
  return size !== undefined && Number.isSafeInteger(size) && size >= 0 ? size : undefined;
}

function identityOf(by: LinksEntry['identity'], url: URL, index: number, name: string | undefined): string {
  switch (by) {
    case 'path':
      return url.pathname;
    case 'name':
      return name ?? url.pathname;
    case 'index':
      return `#${index}`;
  }
}

/**
 * The earliest end that anything names, moved from the server's clock to ours: links are signed by the server's
 * clock, and ours may be minutes off.
 */
function expiryOf(
  entry: LinksEntry,
  url: URL,
  scope: Scope,
  answer: Answer,
  now: number,
): number | undefined {
  const stated = entry.expires === undefined ? undefined : readInstant(evaluate(entry.expires, scope));
  const ends = [stated, urlExpiry(url)].filter((end) => end !== undefined);
  if (ends.length > 0) return Math.min(...ends) - answer.serverNow + now;
  const lifetime = lifetimeOf(entry, scope);
  return lifetime === undefined ? undefined : now + lifetime;
}

/** In ms. Seconds that are not more than nothing say nothing: a link that is born dead would be renewed for ever. */
function lifetimeOf({ lifetime }: LinksEntry, scope: Scope): number | undefined {
  if (typeof lifetime !== 'object') return lifetime === undefined ? undefined : parseDuration(lifetime);
  const seconds = evaluateNumber(lifetime.seconds, scope);
  return seconds !== undefined && seconds > 0 ? seconds * 1000 : undefined;
}

/** In bytes. */
const DIGEST_LENGTH = { md5: 16, sha1: 20, sha256: 32 } as const;

function checksumsOf(entry: LinksEntry, scope: Scope): Link['checksums'] {
  const checksums: { -readonly [K in keyof Link['checksums']]: Link['checksums'][K] } = {};
  for (const algorithm of ['md5', 'sha1', 'sha256'] as const) {
    const digest = readDigest(evaluateText(entry[algorithm], scope) ?? '', DIGEST_LENGTH[algorithm]);
    if (digest !== undefined) checksums[algorithm] = digest;
  }
  return checksums;
}

/** A digest of `length` bytes in lower-case hex, from hex or base64 (RFC 4648, 4 or 5); `undefined` for anything else. */
function readDigest(text: string, length: number): string | undefined {
  const coding = text.length === 2 * length ? 'hex' : 'base64';
  const isDigest = coding === 'hex' ? /^[0-9a-f]+$/i.test(text) : /^[\w+/-]+={0,2}$/.test(text);
  const bytes = isDigest ? Buffer.from(text, coding) : undefined;
  return bytes?.length === length ? bytes.toString('hex') : undefined;
}

/** Two entries with one identity would overwrite each other's parts: the position tells them apart. */
function distinct(links: readonly Link[]): Link[] {
  const seen = new Set<string>();
  return links.map((link) => {
    const identity = seen.has(link.identity) ? `${link.identity}#${link.index}` : link.identity;
    seen.add(identity);
    return { ...link, identity };
  });
}
