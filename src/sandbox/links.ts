import { createHmac, timingSafeEqual } from 'node:crypto';

const ACCESS_KEY = 'AKIASANDBOXSANDBOX00';
const SIGNING_KEY = 'the key that only the sandbox store knows';

/** What a signed link makes the store say about the file. */
export interface Overrides {
  /** Value of Content-Disposition. */
  readonly disposition: string;
  /** Value of Content-Type. */
  readonly type: string;
}

/** What the store thinks of a link. `expired` comes before `mismatch`, as S3 looks at the clock first. */
export type Verdict =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'good' }
  | { readonly kind: 'mismatch' }
  /** `at`: milliseconds since the Unix epoch. */
  | { readonly kind: 'expired'; readonly at: number };

/**
 * A link that looks like S3's Signature Version 2, for at most `lifetimeMs` from `now`: `Expires` counts whole seconds
 * and is rounded towards an earlier death.
 */
export function signLinkV2(
  object: URL,
  { disposition, type }: Overrides,
  now: number,
  lifetimeMs: number,
): string {
  const expires = Math.floor(now / 1000) + Math.ceil(lifetimeMs / 1000);
  const parameters = {
    AWSAccessKeyId: ACCESS_KEY,
    Expires: String(expires),
    'response-content-disposition': disposition,
    'response-content-type': type,
  };
  return link(object, { ...parameters, Signature: signature(object.pathname, parameters, 'sha1') });
}

/** A link that looks like S3's Signature Version 4; its life is told as `X-Amz-Date` plus `X-Amz-Expires` seconds. */
export function signLinkV4(
  object: URL,
  { disposition, type }: Overrides,
  now: number,
  lifetimeMs: number,
): string {
  const date = `${new Date(now).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
  const parameters = {
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${ACCESS_KEY}/${date.slice(0, 8)}/us-east-1/s3/aws4_request`,
    'X-Amz-Date': date,
    'X-Amz-Expires': String(Math.ceil(lifetimeMs / 1000)),
    'X-Amz-SignedHeaders': 'host',
    'response-content-disposition': disposition,
    'response-content-type': type,
  };
  return link(object, { ...parameters, 'X-Amz-Signature': signature(object.pathname, parameters, 'sha256') });
}

/** Judges a link at the instant at which a request for it begins; what happens during the transfer does not matter. */
export function judgeLink(url: URL, method: string, now: number): Verdict {
  const { Signature: v2, 'X-Amz-Signature': v4, ...parameters } = Object.fromEntries(url.searchParams);
  if (v2 === undefined && v4 === undefined) return { kind: 'unsigned' };
  const expiry = v4 === undefined ? Number(parameters['Expires']) * 1000 : expiryV4(parameters);
  if (now > expiry) return { kind: 'expired', at: expiry };
  const expected = signature(url.pathname, parameters, v4 === undefined ? 'sha1' : 'sha256');
  // The links are made for GET, and the method is part of what S3 signs.
  return method === 'GET' && same(v4 ?? v2 ?? '', expected) ? { kind: 'good' } : { kind: 'mismatch' };
}

function expiryV4(parameters: Readonly<Record<string, string>>): number {
  const date = (parameters['X-Amz-Date'] ?? '').replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  return Date.parse(date) + Number(parameters['X-Amz-Expires']) * 1000;
}

function link(object: URL, parameters: Readonly<Record<string, string>>): string {
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${object.origin}${object.pathname}?${query.join('&')}`;
}

/** Over the path and all other parameters. S3's own string to sign is longer; only the store ever looks at this one. */
function signature(
  path: string,
  parameters: Readonly<Record<string, string>>,
  hash: 'sha1' | 'sha256',
): string {
  const message = [
    path,
    ...Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .sort(),
  ].join('\n');
  return createHmac(hash, SIGNING_KEY)
    .update(message)
    .digest(hash === 'sha1' ? 'base64' : 'hex');
}

function same(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
