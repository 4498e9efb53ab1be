import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, authHmac, sandboxWithClock } from './client.ts';

const KEY = { 'x-api-key': '0123456789abcdef0123456789abcdef' };
const LIFETIME = 30_000;

let sandbox: Sandbox;
let clock: { ms: number };
let link: string;
let expected: Buffer;

beforeAll(async () => {
  ({ sandbox, clock } = await sandboxWithClock({ durationMs: 0, linkLifetimeMs: LIFETIME }));
  expected = await buffer(sandbox.expectedFile('webadmit', '86446/74780', 'Test-API-Export.csv'));
});
beforeEach(async () => {
  const answer = await ask(`${sandbox.apiUrl}/api/v1/exports/86446/export_files/74780`, { headers: KEY });
  link = answer.json().export_files.download_url;
});
afterAll(async () => {
  await sandbox.close();
});

describe('a signed link', () => {
  it('gives the file with what is needed to resume and to verify it', async () => {
    const { status, headers, bytes } = await ask(link);
    expect(status).toBe(200);
    expect(bytes).toEqual(expected);
    expect(headers).toMatchObject({
      'content-length': String(expected.length),
      etag: `"${createHash('md5').update(expected).digest('hex')}"`,
      'last-modified': 'Mon, 13 Feb 2017 09:30:00 GMT',
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="Test-API-Export.csv"',
      'content-type': 'text/csv;charset=iso-8859-1',
      date: new Date(clock.ms).toUTCString(),
    });
  });

  it('dies, with S3’s words, and a new one lives', async () => {
    clock.ms += LIFETIME;
    const { status, headers, text } = await ask(link);
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/xml');
    expect(text).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
    const again = await ask(`${sandbox.apiUrl}/api/v1/exports/86446/export_files/74780`, { headers: KEY });
    expect((await ask(again.json().export_files.download_url)).status).toBe(200);
  });

  it('is refused when anything about it was changed, and for other methods than GET', async () => {
    const changed = link.replace('Test-API', 'Best-API');
    const { status, text } = await ask(changed);
    expect(status).toBe(403);
    expect(text).toContain('SignatureDoesNotMatch');
    expect((await ask(link, { method: 'HEAD' })).status).toBe(403);
    const bare = await ask(link.replace(/\?.*/, ''));
    expect(bare.status).toBe(403);
    expect(bare.text).toContain('<Message>Access Denied</Message>');
  });

  it.each([
    ['authorization', 'Bearer abc'],
    ['x-api-key', KEY['x-api-key']],
    ['reb-apikey', 'abc'],
    ['cookie', 'p_cookie=abc'],
  ])('is refused when %s comes along', async (name, value) => {
    const { status, text } = await ask(link, { headers: { [name]: value } });
    expect(status).toBe(400);
    expect(text).toContain('<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message>');
  });

  it('gives parts, with the place that they have in the whole', async () => {
    const size = expected.length;
    const part = await ask(link, { headers: { range: 'bytes=5-' } });
    expect(part.status).toBe(206);
    expect(part.headers).toMatchObject({
      'content-range': `bytes 5-${size - 1}/${size}`,
      'content-length': String(size - 5),
    });
    expect(part.bytes).toEqual(expected.subarray(5));
    const tail = await ask(link, { headers: { range: 'bytes=-7' } });
    expect(tail.bytes).toEqual(expected.subarray(-7));
  });

  it('has no part behind its end', async () => {
    const { status, headers } = await ask(link, { headers: { range: `bytes=${expected.length}-` } });
    expect(status).toBe(416);
    expect(headers['content-range']).toBe(`bytes */${expected.length}`);
  });

  it('gives everything when If-Range names another version', async () => {
    const { headers } = await ask(link);
    const resume = async (ifRange: string) =>
      (await ask(link, { headers: { range: 'bytes=5-', 'if-range': ifRange } })).status;
    expect(await resume(String(headers['etag']))).toBe(206);
    expect(await resume(String(headers['last-modified']))).toBe(206);
    expect(await resume('"another"')).toBe(200);
  });

  it('answers 304 to whoever has this version', async () => {
    const { headers } = await ask(link);
    const again = await ask(link, { headers: { 'if-none-match': String(headers['etag']) } });
    expect(again.status).toBe(304);
    expect(again.bytes).toHaveLength(0);
  });
});

describe('a plain link', () => {
  const status = () => `${sandbox.apiUrl}/api/raw/v1/export/get.json?idRawExport=11040581`;

  it('gives the file as gzip to anybody, and to nobody with credentials', async () => {
    const { data } = (await ask(status(), { headers: { authorization: authHmac(status()) } })).json();
    const [{ link }] = data.files;
    expect(link).toMatch(`${sandbox.storeUrl}/rawdata/`);
    const { status: code, bytes, headers } = await ask(link);
    expect([code, headers['content-type']]).toEqual([200, 'application/gzip']);
    const name = '11040581.installs.d55f479f4ed44d4f786daed1b392ccb7.0.csv';
    expect(gunzipSync(bytes)).toEqual(await buffer(sandbox.expectedFile('mytracker-raw', '11040581', name)));
    expect((await ask(link, { headers: { authorization: authHmac(link) } })).status).toBe(400);
    clock.ms += 25 * 60 * 60 * 1000;
    expect((await ask(link)).text).toContain('NoSuchKey');
  });
});
