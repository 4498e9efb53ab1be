import { describe, expect, it } from 'vitest';
import { verifyAuthHmac } from '../../src/sandbox/authhmac.ts';

const USER = '77658';
const SECRET = '72d2erEtbynf6f7ZYTsYKnb7';
const PUBLISHED = 'AuthHMAC 77658:PqrQR8zsgQU9Qcocjp6T6hnjF8Y=';
const request = {
  method: 'GET',
  url: 'https://tracker.my.com/api/raw/v1/export/get.json?idReport=4',
  body: '',
};

describe('AuthHMAC', () => {
  it("accepts the vendor's published signature", () => {
    expect(verifyAuthHmac(PUBLISHED, request, USER, SECRET)).toBe(true);
  });

  it.each([
    ['GET', 'api/raw/v1/export/get.json?idRawExport=4', '', 'sSwR8JbiRcVcOcbDiIbAyHdHTDo='],
    [
      'GET',
      'storage/download/raw/4.payment.26c427ac8680888803ee05e34835b6dd.0.csv.gz?auth=1',
      '',
      'g1/yL0FJ5PYoG+4EPgHB55Ft3Us=',
    ],
    [
      'POST',
      'api/raw/v1/export/create.json?dateFrom=2022-05-01&dateTo=2022-05-31&selectors=idDevice,tsEvent&idApp%5B%5D=1&event=installs',
      '',
      'hEymtUstYxPte72qU8FnUhjn19U=',
    ],
    [
      'POST',
      'api/segment/v1/export/create.json',
      "idSegment=1&requestFields=gaid,idfa&x=a'b(c)*!~",
      'CazMDJ413mQqCXLLahJp3GdC0pc=',
    ],
  ])('accepts the computed signature of %s %s', (method, path, body, signature) => {
    const signed = { method, url: `https://tracker.my.com/${path}`, body };
    expect(verifyAuthHmac(`AuthHMAC ${USER}:${signature}`, signed, USER, SECRET)).toBe(true);
  });

  it.each([
    ['no header', undefined, request],
    ['another method', PUBLISHED, { ...request, method: 'POST' }],
    ['another URL', PUBLISHED, { ...request, url: `${request.url}0` }],
    ['a body', PUBLISHED, { ...request, body: 'a=1' }],
    ['another user', PUBLISHED.replace('77658', '77659'), request],
    ['a cut signature', PUBLISHED.slice(0, -4), request],
    ['another scheme', PUBLISHED.replace('AuthHMAC', 'Bearer'), request],
  ])('refuses %s', (_, authorization, signed) => {
    expect(verifyAuthHmac(authorization, signed, USER, SECRET)).toBe(false);
  });
});
