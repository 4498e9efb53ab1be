import { createHash } from 'node:crypto';

import { readDate } from '../profiles/values.ts';
import type { Redactor } from '../secrets.ts';

/** One downloadable file of an export, as one answer described it. */
export interface Link {
  /** What stays the same when the link is renewed: two links with the same identity are the same file. */
  readonly identity: string;
  /** Position in the provider's list, from 0. */
  readonly index: number;
  /** Often signed, always a secret: never printed or stored with its query. */
  readonly url: URL;
  /** `api`: the account's credentials go along to the origins that may have them. */
  readonly auth: 'none' | 'api';
  /** Sent along with the download to the origin of `url`, and to no other; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By our clock, when it was handed out. */
  readonly issuedAt: number;
  /** By our clock, when it dies; `undefined` when nothing tells. */
  readonly expiresAt: number | undefined;
  /** The file's name as the provider's API gives it. */
  readonly name: string | undefined;
  /** Bytes of the stored file, as the provider's API gives it. */
  readonly size: number | undefined;
  /** Checksums of the stored file in lower-case hex. */
  readonly checksums: Readonly<Partial<Record<'md5' | 'sha1' | 'sha256', string>>>;
}

/** An identity is written to disk and printed: one that holds a secret (as a path may) is replaced by its SHA-256. */
export function withoutSecrets(links: readonly Link[], redactor: Pick<Redactor, 'knows'>): readonly Link[] {
  return links.map((link) => {
    if (!redactor.knows(link.identity)) return link;
    return { ...link, identity: createHash('sha256').update(link.identity).digest('hex') };
  });
}

/**
 * When a signed URL dies, in ms on the signer's clock, read from the URL itself:
 *
 * - `X-Amz-Date` + `X-Amz-Expires` (AWS Signature V4), `X-Goog-Date` + `X-Goog-Expires` (Google, V4);
 * - `Expires` in unix seconds (AWS V2, Google V2, CloudFront);
 * - `se` as ISO 8601 beside `sig` (Azure shared access signature).
 */
export function urlExpiry(url: URL): number | undefined {
  const query = new Map<string, string>();
  for (const [key, value] of url.searchParams) query.set(key.toLowerCase(), value);
  for (const vendor of ['x-amz', 'x-goog']) {
    const signed = readBasicDate(query.get(`${vendor}-date`));
    const seconds = query.get(`${vendor}-expires`) ?? '';
    if (signed !== undefined && /^\d{1,9}$/.test(seconds)) return signed + Number(seconds) * 1000;
  }
  const expires = query.get('expires');
  if (expires !== undefined && /^\d{9,11}$/.test(expires)) return Number(expires) * 1000;
  return query.has('sig') ? readDate(query.get('se') ?? '') : undefined;
}

/** ISO 8601 basic format, `20130524T000000Z`, in ms. */
function readBasicDate(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '');
  if (match === null) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
