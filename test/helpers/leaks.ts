import type { Sandbox } from '../../src/sandbox/sandbox.ts';

type Requests = Sandbox['requests'];

/** Headers whose whole purpose is to carry a credential. */
const CARRIERS = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'reb-apikey']);
/** Accounts are named in the open. */
const NO_SECRETS = new Set(['userId', 'username']);

/** The values among a sandbox's credentials that are secret. */
export function secretsOf({ accounts }: Pick<Sandbox, 'accounts'>): string[] {
  const entries = Object.values(accounts).flatMap(({ credentials }) => Object.entries(credentials));
  return [...new Set(entries.flatMap(([name, value]) => (NO_SECRETS.has(name) ? [] : [value])))];
}

/**
 * A sentence for each request to the store's origin with a credential in a header or in its URL: plain, URL-encoded or
 * in base64, or in whatever form in a header that is there for credentials.
 */
export function leaksIn(requests: Requests, secrets: readonly string[]): string[] {
  return requests.flatMap(({ origin, method, url, headers }) => {
    if (origin !== 'store') return [];
    const places = [
      ['the URL', url],
      ...Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ];
    return places.flatMap(([place = '', text = '']) =>
      CARRIERS.has(place) || secrets.some((secret) => holds(text, secret))
        ? [`${method} ${url}: a credential in ${place}`]
        : [],
    );
  });
}

function holds(text: string, secret: string): boolean {
  return readings(text).some((reading) => reading.includes(secret));
}

/** The text as it is, percent-decoded, and whatever in these two may be base64 (or its URL alphabet) decoded. */
function readings(text: string): string[] {
  const decoded = text.replace(/(%[\da-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString(),
  );
  const base64 = [text, decoded].flatMap((reading) => reading.match(/[\w+/-]{8,}/g) ?? []);
  return [text, decoded, ...base64.map((word) => Buffer.from(word, 'base64').toString())];
}
