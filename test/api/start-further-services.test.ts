import { expect, it } from 'vitest';

import { requestCancel } from '../../src/api/cancel.ts';
import { requestStart, type StartReply } from '../../src/api/start.ts';
import { parseProfile } from '../../src/profiles/load.ts';
import { readParameters } from '../../src/profiles/parameters.ts';
import type { Profile } from '../../src/profiles/schema.ts';
import { serve, type Reply, type Seen } from '../helpers/answers.ts';
import { accountOf, apiWorld, serviceOf } from '../helpers/api.ts';

/** Starts an export of a service that nothing in the program was made for: what was sent, and the id. */
async function startAt(
  text: string,
  parameters: Record<string, unknown>,
  reply: Reply | ((origin: string) => Reply),
  name?: string,
): Promise<{ sent: Seen; reply: StartReply; cancel: (id: string) => Promise<Seen> }> {
  let origin = '';
  const answer = (): Reply => (typeof reply === 'function' ? reply(origin) : reply);
  const server = await serve(answer);
  ({ origin } = server);
  const profile = parseProfile(`${COMMON}${text}`, 'test');
  const account = accountOf(profile, { baseUrl: origin }, { token: 'hush-hush' });
  const world = apiWorld();
  const { client } = serviceOf(account, world);
  const turn = { urgency: 'urgent', signal: world.context.signal } as const;
  const start = startOf(profile);
  const read = readParameters({ account, start, parameters }, Date.UTC(2024, 4, 6));
  const order = { account, start, parameters: read, name };
  const found = await requestStart(order, client, turn, () => Promise.resolve());
  return {
    sent: server.seen[0]!,
    reply: found,
    async cancel(id) {
      await requestCancel(account, profile.cancel!, id, client, turn);
      return server.seen.at(-1)!;
    },
  };
}

function startOf({ start }: Profile): NonNullable<Profile['start']> {
  if (start === undefined) throw new Error('no start');
  return start;
}

const COMMON = `
profile: 1
name: further
title: A further service
variables:
  baseUrl: { description: API root }
  token: { description: token, secret: true }
auth: [{ scheme: bearer, token: token }]
status:
  request: { url: '{+baseUrl}/status{?id}' }
  state: body.status
  states: { done: ready }
files: [{ url: body.url }]
`;

it('starts an export of the users of Auth0: JSON, an id in the answer', async () => {
  const profile = `
id: { description: job id, pattern: 'job_\\w+', example: job_1 }
start:
  parameters:
    connection_id: { description: connection, required: true }
    format: { description: csv or json, default: csv, pattern: csv|json }
    limit: { description: users, type: number }
    fields: { description: fields, type: list }
  request:
    method: POST
    url: '{+baseUrl}/api/v2/jobs/users-exports'
    json: >-
      merge(params, params.fields && {fields: params.fields[*].{name: @}} || \`{}\`)
  id: body.id
`;
  const parameters = { connection_id: 'con_1', limit: '5', fields: 'email,name' };
  const { sent, reply } = await startAt(profile, parameters, {
    status: 200,
    body: { id: 'job_0000000000000001' },
  });
  expect(sent).toMatchObject({ method: 'POST', target: '/api/v2/jobs/users-exports' });
  expect(JSON.parse(sent.body)).toEqual({
    connection_id: 'con_1',
    format: 'csv',
    limit: 5,
    fields: [{ name: 'email' }, { name: 'name' }],
  });
  expect(reply).toEqual({ kind: 'started', id: 'job_0000000000000001' });
});

it('starts a report run of Stripe: a form with members of members, and a key that makes it safe to repeat', async () => {
  const profile = `
id: { description: report run, pattern: 'frr_\\w+', example: frr_1 }
start:
  parameters:
    report_type: { description: type, required: true }
    parameters: { description: of the report, type: object }
  timeZone: "'UTC'"
  name: { template: 'exportpoll-{time}-{random}' }
  request:
    method: POST
    url: '{+baseUrl}/v1/reporting/report_runs'
    headers: { Idempotency-Key: '{name}' }
    form: params
  id: body.id
  idempotent: true
`;
  const parameters = {
    report_type: 'balance.summary.1',
    parameters: { interval_start: '{yesterday:unix}', interval_end: '{today:unix}' },
  };
  const { sent, reply } = await startAt(profile, parameters, { body: { id: 'frr_7' } }, 'our-key');
  expect(sent.headers['idempotency-key']).toBe('our-key');
  expect(Object.fromEntries(new URLSearchParams(sent.body))).toEqual({
    report_type: 'balance.summary.1',
    'parameters[interval_start]': '1714867200',
    'parameters[interval_end]': '1714953600',
  });
  expect(reply).toEqual({ kind: 'started', id: 'frr_7' });
});

it('starts a query job of Salesforce Bulk 2.0, and aborts it by a PATCH with a body', async () => {
  const profile = `
id: { description: job, pattern: '\\w{15,18}', example: 750R0000000zxr8IAA }
start:
  parameters: { query: { description: SOQL, required: true } }
  request:
    method: POST
    url: '{+baseUrl}/services/data/v60.0/jobs/query'
    json: '{operation: \`"query"\`, query: params.query}'
  id: body.id
cancel:
  request:
    method: PATCH
    url: '{+baseUrl}/services/data/v60.0/jobs/query/{id}'
    json: '{state: \`"Aborted"\`}'
  message: body.state
`;
  const query = 'SELECT Id FROM Account WHERE CreatedDate >= {today}T00:00:00Z';
  const job = { body: { id: '750R0000000zxr8IAA', state: 'UploadComplete' } };
  const { sent, reply, cancel } = await startAt(profile, { query }, job);
  expect(JSON.parse(sent.body)).toEqual({
    operation: 'query',
    query: 'SELECT Id FROM Account WHERE CreatedDate >= 2024-05-06T00:00:00Z',
  });
  expect(reply).toMatchObject({ id: '750R0000000zxr8IAA' });
  const aborted = await cancel('750R0000000zxr8IAA');
  expect(aborted).toMatchObject({
    method: 'PATCH',
    target: '/services/data/v60.0/jobs/query/750R0000000zxr8IAA',
    body: '{"state":"Aborted"}',
  });
});

it('starts a bulk export of FHIR: a GET with headers, whose id is the path of its status', async () => {
  const profile = `
id: { description: path of the status, pattern: '/[\\w/.-]+', example: /bulkstatus/1 }
start:
  parameters: { _type: { description: resource types }, _since: { description: since } }
  request:
    url: '{+baseUrl}/Patient/$export'
    headers: { Accept: application/fhir+json, Prefer: respond-async }
    query: params
    answer: any
  id: join('/', ['', split(headers."content-location", '/')[3:]][])
cancel:
  request: { method: DELETE, url: '{+baseUrl}{+id}', answer: any }
`;
  const accepted = (origin: string): Reply => ({
    status: 202,
    headers: { 'content-location': `${origin}/bulkstatus/abc-7` },
  });
  const { sent, reply, cancel } = await startAt(profile, { _type: 'Patient' }, accepted);
  expect(sent).toMatchObject({ method: 'GET', target: '/Patient/$export?_type=Patient' });
  expect(sent.headers).toMatchObject({ accept: 'application/fhir+json', prefer: 'respond-async' });
  expect(reply).toEqual({ kind: 'started', id: '/bulkstatus/abc-7' });
  expect(await cancel('/bulkstatus/abc-7')).toMatchObject({ method: 'DELETE', target: '/bulkstatus/abc-7' });
});
