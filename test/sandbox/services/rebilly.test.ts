import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, sandboxWithClock } from '../client.ts';

const ID = '4f6cf35x-2c4y-483z-a0a9-158621f77a21';
const KEY = { 'reb-apikey': 'sk_sandbox_rebilly_key' };

let sandbox: Sandbox;
let clock: { ms: number };

beforeAll(async () => {
  ({ sandbox, clock } = await sandboxWithClock({ durationMs: 3000 }));
});
afterAll(async () => {
  await sandbox.close();
});

const look = async (id: string, headers: Record<string, string> = KEY) =>
  await ask(`${sandbox.apiUrl}/experimental/organizations/acme/data-exports/${id}`, { headers });

async function finished(id: string) {
  await look(id);
  clock.ms += 3000;
  return (await look(id)).json();
}

const hrefOf = (body: { _links: { rel: string; href: string }[] }, rel: string) =>
  body._links.find((link) => link.rel === rel)?.href;

describe('a data export', () => {
  it('goes through the documented statuses, and has its file links only at the end', async () => {
    const seen: unknown[] = [];
    for (let second = 0; second <= 3; second += 1) {
      const body = (await look(ID)).json();
      seen.push([body.status, body._links.map(({ rel }: { rel: string }) => rel).join(' ')]);
      clock.ms += 1000;
    }
    expect(seen).toEqual([
      ['pending', 'self user'],
      ['queued', 'self user'],
      ['processing', 'self user'],
      ['completed', 'self user download signedLink'],
    ]);
  });

  it.each([
    ['exp_record_limit', { status: 'failed', failureReason: 'record-limit-exceeded' }],
    ['exp_max_retries', { status: 'failed', failureReason: 'max-retries-reached' }],
    ['exp_scheduled', { status: 'pending' }],
    ['exp_stuck', { status: 'processing' }],
    ['exp_odd', { status: 'archived' }],
  ])('%s stays as documented', async (id, expected) => {
    const body = await finished(id);
    expect(body).toMatchObject(expected);
    expect(body).not.toHaveProperty('fileId');
  });

  it('is found below both prefixes', async () => {
    const other = `${sandbox.apiUrl}/organizations/acme/experimental/data-exports/${ID}`;
    expect((await ask(other, { headers: KEY })).json().id).toBe(ID);
  });
});

describe('its file', () => {
  it('comes through the signed link without a credential, as its description says', async () => {
    const body = await finished(ID);
    const { bytes } = await ask(hrefOf(body, 'signedLink')!);
    expect(bytes).toEqual(await buffer(sandbox.expectedFile('rebilly', ID, 'customers.csv')));
    const file = `${sandbox.apiUrl}/organizations/acme/files/${body.fileId}`;
    expect((await ask(file, { headers: KEY })).json()).toMatchObject({
      name: 'customers.csv',
      extension: 'csv',
      mime: 'text/csv',
      size: bytes.length,
      sha1: createHash('sha1').update(bytes).digest('hex'),
    });
  });

  it('comes through the download link with a credential where there is no signed one', async () => {
    const body = await finished('exp_download');
    expect(hrefOf(body, 'signedLink')).toBeUndefined();
    const link = hrefOf(body, 'download')!;
    expect((await ask(link)).status).toBe(401);
    const { status, headers } = await ask(link, { headers: KEY });
    expect(status).toBe(200);
    expect(headers['content-disposition']).toBe('attachment; filename="transactions.csv"');
  });

  it('comes through a redirect to the store, which wants no credential', async () => {
    const body = await finished('exp_redirect');
    expect(hrefOf(body, 'signedLink')).toBeUndefined();
    const { status, headers } = await ask(hrefOf(body, 'download')!, { headers: KEY });
    expect(status).toBe(302);
    const location = String(headers['location']);
    expect(new URL(location).origin).toBe(sandbox.storeUrl);
    expect((await ask(location)).status).toBe(200);
    expect((await ask(location, { headers: KEY })).status).toBe(400);
  });
});

describe('an error', () => {
  it('is a 401 problem without a valid credential', async () => {
    const { status, headers, json } = await look(ID, {});
    expect(status).toBe(401);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json()).toMatchObject({ title: 'Unauthorized', status: 401 });
    expect((await look(ID, { authorization: 'Bearer another' })).status).toBe(401);
    const { jwt } = sandbox.accounts.rebilly.credentials;
    expect((await look(ID, { authorization: `Bearer ${jwt}` })).status).toBe(200);
  });

  it('is a 404 problem for an id that is not there', async () => {
    expect((await look('exp_404')).json()).toMatchObject({ status: 404, title: 'Not Found' });
  });

  it('is a 429 that names the instant to wait for', async () => {
    const { status, headers } = await look('exp_429');
    const retryAt = Number(headers['x-ratelimit-retry-after']) * 1000;
    expect(status).toBe(429);
    expect(retryAt).toBeGreaterThan(clock.ms);
    clock.ms = retryAt;
    expect((await look('exp_429')).status).toBe(200);
  });
});
