import { createHmac, timingSafeEqual } from 'node:crypto';

export interface AuthHmacRequest {
  readonly method: string;
  /** The whole URL as the client sent it, query included. */
  readonly url: string;
  readonly body: string;
}

/**
 * Whether `authorization` is `AuthHMAC USER:SIGNATURE` with the right user and the base64 of HMAC-SHA1 over
 * `METHOD&url&body`, the last two percent-encoded by RFC 3986.
 * https://tracker.my.com/docs/api/export-api/authentication
 *
 * Written apart from the client's signer on purpose: if both were wrong in the same way, nobody would notice.
 */
export function verifyAuthHmac(
  authorization: string | undefined,
  request: AuthHmacRequest,
  user: string,
  secretKey: string,
): boolean {
  const prefix = `AuthHMAC ${user}:`;
  if (authorization === undefined || !authorization.startsWith(prefix)) return false;
  const baseline = [
    request.method.toUpperCase(),
    percentEncode(request.url),
    percentEncode(request.body),
  ].join('&');
  const expected = createHmac('sha1', Buffer.from(secretKey, 'utf8')).update(baseline, 'utf8').digest();
  const given = Buffer.from(authorization.slice(prefix.length), 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Byte by byte: letters, digits and `-._~` stay, everything else becomes %XX. */
function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9\-._~]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
