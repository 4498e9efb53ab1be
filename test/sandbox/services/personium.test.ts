import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, sandboxWithClock } from '../client.ts';

let sandbox: Sandbox;
let clock: { ms: number };
let bearer: Record<string, string>;

beforeEach(async () => {
  ({ sandbox, clock } = await sandboxWithClock({ durationMs: 1000 }));
  bearer = { authorization: `Bearer ${sandbox.accounts.personium.variables['token']}` };
});
afterEach(async () => {
  await sandbox.close();
});

const cell = async (path: string, headers: Record<string, string> = bearer) =>
  await ask(`${sandbox.apiUrl}/cell1/${path}`, { headers });

describe('the cell', () => {
  it('reports its export while it runs and is ready afterwards, when the archive is there', async () => {
    await cell('__export');
    expect((await cell('__snapshot/CellExport_2017_01.zip')).status).toBe(404);
    clock.ms += 810;
    expect((await cell('__export')).json()).toEqual({
      status: 'exportation in progress',
      started_at: '2024-05-06T07:08:09.250Z',
      progress: '78%',
      exportation_name: 'CellExport_2017_01',
    });
    clock.ms += 190;
    const idle = await cell('__export');
    expect(idle.json()).toEqual({ status: 'ready' });
    expect(idle.headers).not.toHaveProperty('content-type');
    const { status, bytes } = await cell('__snapshot/CellExport_2017_01.zip');
    expect(status).toBe(200);
    expect(bytes).toEqual(
      await buffer(sandbox.expectedFile('personium', 'CellExport_2017_01', 'CellExport_2017_01.zip')),
    );
  });

  it('has the archive of an earlier export while it works on somebody else’s', async () => {
    expect((await cell('__export')).json().exportation_name).toBe('CellExport_2017_01');
    expect((await cell('__snapshot/CellExport_earlier.zip')).status).toBe(200);
    expect((await cell('__export')).json().exportation_name).toBe('CellExport_2017_01');
  });

  it('begins an export when it is first asked for, after those before it', async () => {
    await cell('__export');
    await cell('__snapshot/CellExport_failed.zip');
    clock.ms += 1000;
    expect((await cell('__export')).json()).toMatchObject({ exportation_name: 'CellExport_failed' });
    expect((await cell('__snapshot/CellExport_failed.error')).status).toBe(404);
    clock.ms += 1000;
    expect((await cell('__export')).json()).toEqual({ status: 'ready' });
    expect((await cell('__snapshot/CellExport_failed.zip')).status).toBe(404);
    const report = await cell('__snapshot/CellExport_failed.error');
    expect(report.json()).toEqual({
      code: 'PR503-SV-0001',
      message: { lang: 'en', value: 'Too many concurrent requests.' },
    });
  });

  it.each(['CellExport_nothing', 'CellExport_404'])('has neither file of %s in the end', async (name) => {
    await cell(`__snapshot/${name}.zip`);
    clock.ms += 1000;
    expect((await cell(`__snapshot/${name}.zip`)).json().code).toBe('PR404-DV-0001');
    expect((await cell(`__snapshot/${name}.error`)).status).toBe(404);
  });

  it.each([
    ['CellExport_stuck', 'exportation in progress'],
    ['CellExport_odd', 'exportation suspended'],
  ])('works on %s until another name is asked for', async (name, status) => {
    await cell('__export');
    clock.ms += 1000;
    await cell(`__snapshot/${name}.zip`);
    clock.ms += 100_000;
    expect((await cell('__export')).json()).toMatchObject({ status, exportation_name: name });
    await cell('__snapshot/CellExport_nothing.zip');
    expect((await cell('__export')).json()).toMatchObject({ exportation_name: 'CellExport_nothing' });
  });

  it('answers a web page as the report that stands for one', async () => {
    await cell('__snapshot/CellExport_html.zip');
    clock.ms += 1000;
    const { status, headers } = await cell('__snapshot/CellExport_html.error');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  });
});

it('ignores Range at an archive, whatever its headers say', async () => {
  await cell('__export');
  clock.ms += 1000;
  const path = '__snapshot/CellExport_2017_01.zip';
  const whole = await cell(path);
  const { status, headers, bytes } = await cell(path, { ...bearer, range: 'bytes=100-' });
  expect(status).toBe(200);
  expect(bytes).toEqual(whole.bytes);
  expect(headers).toMatchObject({
    'accept-ranges': 'bytes',
    'content-length': String(bytes.length),
    etag: whole.headers['etag'],
  });
});

describe('authentication', () => {
  const token = async (form: Record<string, string>) =>
    await ask(`${sandbox.apiUrl}/cell1/__token`, {
      method: 'POST',
      body: new URLSearchParams(form).toString(),
    });
  const passwordForm = () => {
    const { username = '', password = '' } = sandbox.accounts.personium.credentials;
    return { grant_type: 'password', username, password };
  };

  it('is required', async () => {
    const { status, headers, json } = await cell('__export', {});
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe(`Bearer realm="${sandbox.apiUrl}/cell1/"`);
    expect(json().code).toBe('PR401-AU-0001');
    expect((await cell('__export', { authorization: 'Bearer x' })).json().code).toBe('PR401-AU-0006');
  });

  it('grants tokens that expire and can be refreshed', async () => {
    const granted = (await token(passwordForm())).json();
    expect(granted).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'root' });
    const headers = { authorization: `Bearer ${granted.access_token}` };
    expect((await cell('__export', headers)).status).toBe(200);
    clock.ms += 3_600_000;
    const expired = await cell('__export', headers);
    expect([expired.status, expired.json().code]).toEqual([401, 'PR401-AU-0002']);
    const form = { grant_type: 'refresh_token', refresh_token: granted.refresh_token };
    const renewed = (await token(form)).json();
    const fresh = { authorization: `Bearer ${renewed.access_token}` };
    expect((await cell('__export', fresh)).status).toBe(200);
    clock.ms += 86_400_000;
    expect((await token(form)).status).toBe(400);
  });

  it('grants nothing for a wrong password', async () => {
    const answer = await token({ ...passwordForm(), password: 'wrong' });
    expect([answer.status, answer.json().error]).toEqual([400, 'invalid_grant']);
  });

  it('takes a cookie together with its peer, and only without an Authorization header', async () => {
    const { cookie, cookiePeer } = sandbox.accounts.personium.credentials;
    const headers = { cookie: `p_cookie=${cookie}` };
    const path = `__export?p_cookie_peer=${cookiePeer}`;
    expect((await cell(path, headers)).status).toBe(200);
    expect((await cell('__export', headers)).status).toBe(401);
    expect((await cell(path, { ...headers, authorization: 'Bearer x' })).status).toBe(401);
  });
});
