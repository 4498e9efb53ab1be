import { describe, expect, it } from 'vitest';

import { authHmac } from '../../../src/api/auth/authhmac.ts';
import { verifyAuthHmac } from '../../../src/sandbox/authhmac.ts';
import { pretend, serve } from '../../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf } from '../../helpers/api.ts';

const USER = '77658';
const SECRET = '72d2erEtbynf6f7ZYTsYKnb7';
const ROOT = 'https://tracker.my.com';

/** The first is the vendor's own; the rest follow from the same formula. */
const VECTORS = [
  ['GET', '/api/raw/v1/export/get.json?idReport=4', '', 'PqrQR8zsgQU9Qcocjp6T6hnjF8Y='],
  ['GET', '/api/raw/v1/export/get.json?idRawExport=4', '', 'sSwR8JbiRcVcOcbDiIbAyHdHTDo='],
  [
    'GET',
    '/storage/download/raw/4.payment.26c427ac8680888803ee05e34835b6dd.0.csv.gz?auth=1',
    '',
    'g1/yL0FJ5PYoG+4EPgHB55Ft3Us=',
  ],
  [
    'POST',
    '/api/raw/v1/export/create.json',
    'event=installs&selectors=idDevice%2CtsEvent&dateFrom=2022-05-01&dateTo=2022-05-31&timezone=UTC',
    'xHUOwhjmoSqBjxsyuPGHDYM0uRA=',
  ],
  [
    'POST',
    '/api/raw/v1/export/create.json?dateFrom=2022-05-01&dateTo=2022-05-31&selectors=idDevice,tsEvent&idApp%5B%5D=1&event=installs',
    '',
    'hEymtUstYxPte72qU8FnUhjn19U=',
  ],
  [
    'POST',
    '/api/segment/v1/export/create.json',
    "idSegment=1&requestFields=gaid,idfa&x=a'b(c)*!~",
    'CazMDJ413mQqCXLLahJp3GdC0pc=',
  ],
] as const;

const account = (baseUrl = ROOT): ReturnType<typeof accountOf> =>
  accountOf('mytracker-raw', { baseUrl, userId: USER }, { secretKey: SECRET });

describe("MyTracker's signature", () => {
  it.each(VECTORS)('of %s %s with the body "%s" is the known one', (method, path, body, signature) => {
    expect(authHmac({ method, url: ROOT + path, body }, SECRET)).toBe(signature);
  });

  it('does not care about the case of the method', () => {
    const request = { url: `${ROOT}/x`, body: '' };
    const signatures = ['get', 'GET'].map((method) => authHmac({ ...request, method }, SECRET));
    expect(signatures[0]).toBe(signatures[1]);
  });

  it.each(VECTORS)('is sent with %s %s and the body "%s"', async (method, path, body, signature) => {
    const transport = pretend(() => ({ body: {} }));
    const { context, ...world } = apiWorld(transport);
    const { client } = serviceOf(account(), { context, ...world });
    await client.ask({
      method,
      url: new URL(ROOT + path),
      ...(body === '' ? {} : { body }),
      credentials: true,
      idleTimeoutMs: 1000,
      urgency: 'urgent',
      signal: context.signal,
    });
    expect(transport.sent.map(({ headers }) => headers['authorization'])).toEqual([
      `AuthHMAC ${USER}:${signature}`,
    ]);
    expect(world.redactor.mask(signature)).toBe('***');
  });

  it.each([
    "/a'b(c)*!~?x=a'b(c)*!~",
    '/api?idApp[]=1&idApp[]=2',
    '/ä ö?q=ü&r=%20+',
    '/plain',
    '/?',
    '/x?a=1#fragment',
  ])('is that of the URL which goes over the wire: %s', async (path) => {
    const { origin, seen } = await serve([{ body: {} }]);
    const { context, ...world } = apiWorld();
    const url = new URL(path, origin);
    await serviceOf(account(origin), { context, ...world }).client.ask({
      method: 'GET',
      url,
      credentials: true,
      idleTimeoutMs: 1000,
      urgency: 'urgent',
      signal: context.signal,
    });
    const sent = { method: 'GET', url: `${origin}${seen[0]!.target}`, body: '' };
    expect(verifyAuthHmac(seen[0]!.headers['authorization'] as string, sent, USER, SECRET)).toBe(true);
  });
});
