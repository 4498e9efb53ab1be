import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, authHmac, sandboxWithClock, type Answer } from '../client.ts';

let sandbox: Sandbox;
let clock: { ms: number };

beforeEach(async () => {
  ({ sandbox, clock } = await sandboxWithClock({ durationMs: 1000 }));
});
afterEach(async () => {
  await sandbox.close();
});

async function signed(url: string): Promise<Answer> {
  return await ask(url, { headers: { authorization: authHmac(url) } });
}
const raw = async (id: string) =>
  await signed(`${sandbox.apiUrl}/api/raw/v1/export/get.json?idRawExport=${id}`);
const segment = async (id: string) =>
  await signed(`${sandbox.apiUrl}/api/segment/v1/export/get.json?idSegmentExport=${id}`);

describe('the raw data API', () => {
  it('reports progress and then the files with their expiry', async () => {
    await raw('4');
    clock.ms += 640;
    expect((await raw('4')).json()).toEqual({
      code: 200,
      message: 'Ok',
      data: { idRawExport: '4', status: 'In progress', progress: '64%', isCancellable: true },
    });
    clock.ms += 360;
    const { data } = (await raw('4')).json();
    expect(data).toMatchObject({ idRawExport: '4', status: 'Success!' });
    expect(data.files).toHaveLength(2);
    expect(data.files[1]).toEqual({
      link: `${sandbox.apiUrl}/storage/download/raw/4.payment.26c427ac8680888803ee05e34835b6dd.1.csv.gz`,
      timestampExpires: expect.stringMatching(/^\d{10}$/),
    });
  });

  it.each([
    ['22', { status: 'Error occurred' }],
    ['23', { status: 'User error occurred', errorMessage: 'Too many lines in one export' }],
    ['24', { status: 'Canceled by user' }],
    ['31', { status: 'Archived' }],
  ])('ends %s as documented', async (id, expected) => {
    await raw(id);
    clock.ms += 1000;
    expect((await raw(id)).json().data).toEqual({ idRawExport: id, ...expected });
  });

  it('answers 403 to a wrong or missing signature, in the envelope', async () => {
    const url = `${sandbox.apiUrl}/api/raw/v1/export/get.json?idRawExport=4`;
    const denied = { code: 403, message: 'Access denied', data: null };
    for (const headers of [
      {},
      { authorization: authHmac(`${url}0`) },
      { authorization: authHmac(url, 'x') },
    ]) {
      const answer = await ask(url, { headers });
      expect([answer.status, answer.json()]).toEqual([403, denied]);
    }
  });

  it('answers 404 to an id that it does not know', async () => {
    const answer = await raw('404');
    const detail = 'Raw export request not found';
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({ code: 404, message: 'Not Found', data: { error: { detail } } });
  });

  it('names the quota that is used up, until it is back', async () => {
    const throttled = await raw('429');
    expect(throttled.status).toBe(429);
    const { quotas } = throttled.json().data.error.info;
    const exceeded = quotas.filter((quota: { exceeded: boolean }) => quota.exceeded);
    expect(exceeded).toMatchObject([{ name: 'RequestsByUserPerMinute', count: 127, limit: 100 }]);
    clock.ms += exceeded[0].resetInSecond * 1000;
    expect((await raw('429')).json()).toMatchObject({ code: 200 });
  });

  it('answers a web page for the id that stands for one', async () => {
    const answer = await raw('32');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch('text/html');
  });
});

describe('the storage on the API’s own host', () => {
  const path = '/storage/download/raw/4.payment.26c427ac8680888803ee05e34835b6dd.0.csv.gz';

  it('gives the file to whoever signs the link', async () => {
    const { status, bytes } = await signed(`${sandbox.apiUrl}${path}`);
    expect(status).toBe(200);
    const name = '4.payment.26c427ac8680888803ee05e34835b6dd.0.csv';
    expect(gunzipSync(bytes)).toEqual(await buffer(sandbox.expectedFile('mytracker-raw', '4', name)));
  });

  it('wants the link to be signed, query included', async () => {
    const url = `${sandbox.apiUrl}${path}`;
    expect((await ask(url)).status).toBe(403);
    expect((await ask(`${url}?auth=1`, { headers: { authorization: authHmac(url) } })).status).toBe(403);
    expect((await signed(`${url}?auth=1`)).status).toBe(200);
  });

  it('has nothing left when the time of the files is over', async () => {
    const { data } = (await raw('33')).json();
    expect(Number(data.files[0].timestampExpires) * 1000).toBeLessThan(clock.ms);
    expect((await signed(data.files[0].link)).status).toBe(404);
  });
});

describe('the segment API', () => {
  it('reports progress without saying whether it can be cancelled', async () => {
    const data = { idSegmentExport: '1', status: 'In progress', progress: '0%' };
    expect((await segment('1')).json()).toEqual({ code: 200, message: 'Ok', data });
  });

  it('repeats no header row in the second file', async () => {
    const [first, second] = await Promise.all(
      ['c3217d0d061c695550c9cf8a8fa72520', 'c695fa72610d0cf8a550c9520217dc38'].map(async (hash) => {
        const { bytes } = await signed(`${sandbox.apiUrl}/storage/download/segment/1.1.${hash}.csv.gz`);
        return gunzipSync(bytes).toString();
      }),
    );
    expect(first).toMatch(/^idEvent,/);
    expect(second).toMatch(/^1-/);
  });

  it('answers 404 in its own words', async () => {
    expect((await segment('404')).json().data.error.detail).toBe('Segment export request not found');
  });
});
