import { createHmac } from 'node:crypto';

/**
 * The signature in MyTracker's Authorization header, `AuthHMAC USER:SIGNATURE`: the base64 of
 * HMAC-SHA1 over `METHOD&URL&BODY`, URL and body percent-encoded (RFC 3986). The URL must be byte for byte the one
 * that is sent. See https://tracker.my.com/docs/api/export-api/authentication.
 */
export function authHmac(request: { method: string; url: string; body: string }, secret: string): string {
  const baseline = [
    request.method.toUpperCase(),
    percentEncode(request.url),
    percentEncode(request.body),
  ].join('&');
  return createHmac('sha1', secret).update(baseline, 'utf8').digest('base64');
}

/** RFC 3986: everything but `A-Z a-z 0-9 - . _ ~`; `encodeURIComponent` leaves five more alone. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
