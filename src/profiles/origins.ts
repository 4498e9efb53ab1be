import { ConfigError } from '../errors.ts';
import { isLoopback } from '../loopback.ts';
import { expandTemplate } from './template.ts';
import type { Account } from '../account.ts';

/** The API root without trailing slashes. Throws RangeError for what cannot be one. */
export function checkBaseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new RangeError('must be a URL that begins with https://');
  }
  if (url.username !== '' || url.password !== '')
    throw new RangeError('must not have a user or password in it');
  if (url.search !== '' || url.hash !== '') throw new RangeError('must not have a query or fragment');
  return url.href.replace(/\/+$/, '');
}

/** Every origin that the account's credentials may go to: of its API root, those its profile lists, of its tokens. */
export function credentialOrigins({
  profile,
  variables,
}: Pick<Account, 'profile' | 'variables'>): Set<string> {
  const tokenUrls = profile.auth.flatMap((entry) =>
    'tokenUrl' in entry ? [expandTemplate(entry.tokenUrl, variables)] : [],
  );
  const urls = [variables['baseUrl'] ?? '', ...profile.origins, ...tokenUrls];
  // A URL that lacks a variable yet is none, and nothing is sent there.
  return new Set(urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).origin));
}

/** Throws ConfigError when credentials would cross a network unencrypted. */
export function checkTransport(provider: string, origins: ReadonlySet<string>): void {
  for (const origin of origins) {
    if (!origin.startsWith('https://') && !isLoopback(new URL(origin))) {
      throw new ConfigError(`${provider} would send its credentials unencrypted to ${origin}`, {
        hint: 'use https; plain http is for the loopback interface only',
      });
    }
  }
}

/**
 * The API that an account asks, as files on disk name it, without a query. The stand-ins of `--sandbox` are one,
 * whatever ports they listen on: what they make up must not be taken for the real thing.
 */
export function apiOf({ variables }: Pick<Account, 'variables'>, { sandbox }: { sandbox: boolean }): string {
  const text = variables['baseUrl'] ?? '';
  if (sandbox || !URL.canParse(text)) return sandbox ? 'sandbox' : '';
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
