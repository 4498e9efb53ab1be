import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ask, authHmac, sandboxWithClock, type Answer } from './client.ts';

let sandbox: Sandbox;
let clock: { ms: number };
beforeAll(async () => ({ sandbox, clock } = await sandboxWithClock({ durationMs: 1000 })));
afterAll(async () => await sandbox.close());
beforeEach(() => {
  // Whatever a test has started is done.
  clock.ms += 60_000;
});

describe('MyTracker', () => {
  const post = async (path: string, body = ''): Promise<Answer> => {
    const url = `${sandbox.apiUrl}${path}`;
    const headers = { authorization: authHmac(url, undefined, body) };
    return await ask(url, { method: 'POST', headers, body });
  };
  const get = async (path: string): Promise<Answer> => {
    const url = `${sandbox.apiUrl}${path}`;
    return await ask(url, { headers: { authorization: authHmac(url) } });
  };
  const CREATE = '/api/raw/v1/export/create.json';

  it.each([
    ['a form', CREATE, 'event=installs&selectors=idDevice%2CtsEvent'],
    ['the query', `${CREATE}?event=installs&selectors[]=idDevice&selectors[]=tsEvent`, ''],
  ])('starts an export that %s describes', async (_, path, body) => {
    const { status, json } = await post(path, body);
    expect([status, json().code]).toEqual([200, 200]);
    const { idRawExport } = json().data;
    expect(idRawExport).toMatch(/^\d+$/);
    const look = `/api/raw/v1/export/get.json?idRawExport=${idRawExport}`;
    expect((await get(look)).json().data).toMatchObject({ status: 'In progress', isCancellable: true });
    clock.ms += 1000;
    expect((await get(look)).json().data.files).toHaveLength(2);
  });

  it.each([
    [CREATE, 'selectors=a', 'Parameter "event" is required'],
    [CREATE, 'event=nothing&selectors=a', 'Unknown event "nothing"'],
    [CREATE, 'event=installs&selectors=a&dateFrom=2024-02-30x', 'Parameter "dateFrom" is not a date'],
    ['/api/segment/v1/export/create.json', 'idSegment=x', 'Parameter "idSegment" is not a number'],
  ])('%s with %s: %s', async (path, body, detail) => {
    const { status, json } = await post(path, body);
    expect([status, json().code, json().data.error.detail]).toEqual([400, 400, detail]);
  });

  it('cancels what is running, and nothing else', async () => {
    const { idRawExport } = (await post(CREATE, 'event=installs&selectors=a')).json().data;
    const cancel = `/api/raw/v1/export/cancel.json?idRawExport=${idRawExport}`;
    expect((await get(cancel)).json().data).toEqual({ idRawExport, info: 'Canceled' });
    const look = await get(`/api/raw/v1/export/get.json?idRawExport=${idRawExport}`);
    expect(look.json().data.status).toBe('Canceled by user');
    expect((await get(cancel)).json().code).toBe(400);
    expect((await get('/api/raw/v1/export/cancel.json?idRawExport=404')).json().code).toBe(404);
    expect((await get('/api/segment/v1/export/cancel.json?idSegmentExport=1')).status).toBe(404);
  });
});

describe('WebAdMIT', () => {
  it('starts an export file, answers the one that runs, and lists the recent ones', async () => {
    const headers = { 'x-api-key': sandbox.accounts.webadmit.credentials['apiKey'] ?? '' };
    const url = `${sandbox.apiUrl}/api/v1/user_identities/12`;
    const start = async (): Promise<Answer> =>
      await ask(`${url}/exports/86446/export_files`, { method: 'POST', headers });
    const first = await start();
    expect(first.status).toBe(201);
    const { id, href, export_id, status } = first.json().export_files;
    expect({ href, export_id, status }).toEqual({
      href: `/api/v1/exports/86446/export_files/${id}`,
      export_id: 86446,
      status: 'Initializing',
    });
    expect((await start()).json().export_files.id).toBe(id);
    clock.ms += 1000;
    expect((await start()).json().export_files.id).not.toBe(id);
    const recent = (await ask(`${url}/export_files`, { headers })).json();
    expect(recent).toHaveLength(2);
    expect(recent[1]).toEqual({ id, href, export_id, status: 'Available' });
  });
});

describe('Personium', () => {
  const cell = async (path: string, body?: string): Promise<Answer> => {
    const headers = { authorization: `Bearer ${sandbox.accounts.personium.credentials['token']}` };
    const request = body === undefined ? { headers } : { headers, body, method: 'POST' as const };
    return await ask(`${sandbox.apiUrl}/cell1/${path}`, request);
  };
  const start = async (name: string): Promise<[number, string | undefined]> => {
    const { status, text, json } = await cell('__export', JSON.stringify({ Name: name }));
    return [status, text === '' ? undefined : json().code];
  };

  it('accepts a start without a word, and is idle before it begins and after it has ended', async () => {
    expect(await start('mine')).toEqual([202, undefined]);
    expect((await cell('__export')).json()).toEqual({ status: 'ready' });
    expect((await cell('__snapshot/mine.zip')).status).toBe(404);
    clock.ms += 500;
    expect((await cell('__export')).json()).toMatchObject({ exportation_name: 'mine' });
    expect(await start('other')).toEqual([409, 'PR409-CM-0002']);
    clock.ms += 1000;
    expect((await cell('__export')).json()).toEqual({ status: 'ready' });
    expect((await cell('__snapshot/mine.zip')).status).toBe(200);
    expect(await start('mine')).toEqual([409, 'PR409-DV-0002']);
  });

  it('refuses a Name that is none, and uses up one that it could not take', async () => {
    expect(await start('no name')).toEqual([400, 'PR400-CM-0002']);
    expect((await cell('__export', 'no json')).json().code).toBe('PR400-CM-0004');
    expect(await start('contended')).toEqual([409, 'PR409-MC-0001']);
    expect(await start('contended')).toEqual([409, 'PR409-DV-0002']);
  });
});

describe('Rebilly', () => {
  it('starts, lists and deletes data exports', async () => {
    const headers = { 'reb-apikey': sandbox.accounts.rebilly.credentials['apiKey'] ?? '' };
    const url = `${sandbox.apiUrl}/experimental/organizations/acme/data-exports`;
    const invalid = await ask(url, { method: 'POST', headers, body: '{"name":"C"}' });
    expect([invalid.status, invalid.json().invalidFields.length]).toEqual([422, 2]);

    const order = { name: 'C', resource: 'customers', format: 'csv', fields: ['id'] };
    const created = await ask(url, { method: 'POST', headers, body: JSON.stringify(order) });
    const { id } = created.json();
    expect(created.status).toBe(201);
    expect(created.headers['location']).toBe(`${url}/${id}`);
    expect(created.json()).toMatchObject({ ...order, status: 'pending' });
    expect((await ask(`${url}?limit=100`, { headers })).json()).toEqual([expect.objectContaining({ id })]);
    expect((await ask(`${url}/${id}`, { method: 'DELETE', headers })).status).toBe(204);
    expect((await ask(`${url}/${id}`, { headers })).status).toBe(404);
    expect((await ask(url, { headers })).json()).toEqual([]);
  });
});
