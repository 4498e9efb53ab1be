import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, onTestFinished, type ExpectStatic } from 'vitest';

import { serve, type Handler, type Reply, type Seen } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';
import { eventsOf, ofType, type Cli, type CliResult } from '../helpers/run-cli.ts';
import { inOrder, startScriptedServer, type ScriptedServer } from '../helpers/scripted-server.ts';

const EXAMPLES = resolve('examples/profiles');
const SECRET = 'hush-hush-7';
const TOKEN = 'issued-token-9';
const FAST = { EXPORTPOLL_INTERVAL: '100ms', EXPORTPOLL_MAX_INTERVAL: '200ms', THE_SECRET: SECRET };

/** Replies by method and path, and in the order in which they are given; the last one stays. */
type Routes = Readonly<Record<string, readonly Reply[] | ((seen: Seen) => Reply)>>;

function routed(routes: Routes): Handler {
  const counts = new Map<string, number>();
  return (seen) => {
    const key = `${seen.method} ${seen.target.split('?')[0]}`;
    const replies = routes[key];
    if (replies === undefined) return { status: 404 };
    if (typeof replies === 'function') return replies(seen);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return replies[Math.min(count, replies.length - 1)] ?? { status: 500 };
  };
}

async function storeOf(files: Readonly<Record<string, Buffer>>): Promise<ScriptedServer> {
  const store = await startScriptedServer();
  onTestFinished(async () => await store.close());
  for (const [path, bytes] of Object.entries(files)) store.files.set(path, { bytes, etag: '"1"' });
  return store;
}

/** A configuration in which the account `there` uses an example, as its users would write it. */
async function configure(
  cli: Cli,
  example: string,
  variables: Readonly<Record<string, string>>,
  change: (profile: string) => string = (profile) => profile,
): Promise<string[]> {
  const text = await readFile(join(EXAMPLES, `${example}.profile.yaml`), 'utf8');
  await cli.write('there.profile.yaml', change(text));
  const account = { profile: './there.profile.yaml', ...variables };
  await cli.write('config.yaml', JSON.stringify({ providers: { there: account } }));
  return ['--config', 'config.yaml'];
}

function params(texts: readonly string[]): string[] {
  return texts.flatMap((text) => ['--param', text]);
}

/** The files that a run says it has saved, and what is in them. */
async function saved({ stdout }: CliResult): Promise<Record<string, string>> {
  const files = ofType(eventsOf({ stdout }), 'file.saved').map(
    async ({ path }) => [path.split('/').at(-1), await readFile(path, 'utf8')] as const,
  );
  return Object.fromEntries(await Promise.all(files)) as Record<string, string>;
}

/** Nothing that proves who asks has reached the store, or was printed. */
function expectKept(expect: ExpectStatic, cli: Cli, store: ScriptedServer): void {
  const seen = JSON.stringify(store.requests.map(({ path, query, headers }) => [path, [...query], headers]));
  for (const secret of [SECRET, TOKEN, 'authorization', Buffer.from(`${SECRET}:`).toString('base64')]) {
    expect(seen).not.toContain(secret);
  }
  expectUnprinted(expect, cli);
}

function expectUnprinted(expect: ExpectStatic, cli: Cli): void {
  for (const secret of [SECRET, TOKEN]) expect(cli.printed()).not.toContain(secret);
}

describe('the example profiles', () => {
  it.for(readdirSync(EXAMPLES))('%s is sound', async (file, { expect, cli }) => {
    expect(await cli.run(['providers', 'check', join(EXAMPLES, file)])).toMatchObject({ exitCode: 0 });
  });
});

describe('an export of the users of Auth0', () => {
  const JOB = 'job_coRQCC3MHztpuTlo';
  const CSV = `user_id,email\n${'auth0|1,ada@acme.example\n'.repeat(20_000)}`;

  it('is started, waited for and saved, over a link that dies halfway', async ({ expect, cli }) => {
    const raw = gzipSync(CSV, { level: 0 });
    const store = await storeOf({ '/acme.csv.gz': raw });
    store.fault = inOrder({ cutAfter: 100_000 }, { status: 403, body: 'Request has expired' });
    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/[-:]|\.\d+/g, '');
    const link = (signature: number, date: string): string =>
      `${store.origin}/acme.csv.gz?X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-Signature=${signature}`;
    const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const job = { id: JOB, type: 'users_export', format: 'csv' };
    const api = await serve(
      routed({
        'POST /oauth/token': [{ body: { access_token: TOKEN, token_type: 'Bearer', expires_in: 86_400 } }],
        'POST /api/v2/jobs/users-exports': [{ body: { ...job, status: 'pending' } }],
        [`GET /api/v2/jobs/${JOB}`]: [
          { body: { ...job, status: 'pending' } },
          { body: { ...job, status: 'processing', percentage_done: 40, time_left_seconds: 1 } },
          { body: { ...job, status: 'completed', percentage_done: 100, location: link(1, anHourAgo) } },
          { body: { ...job, status: 'completed', percentage_done: 100, location: link(2, now) } },
        ],
      }),
    );
    const config = await configure(cli, 'auth0-users', {
      baseUrl: api.origin,
      clientId: 'machine',
      clientSecret: '${THE_SECRET}',
    });
    const given = params(['connection_id=con_1', 'limit=5', 'fields=user_id,email']);
    const result = await cli.run(['start', 'there', ...given, '--watch', '--json', ...config], { env: FAST });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await saved(result)).toEqual({ 'acme.csv': CSV });

    const [token, start, ...looks] = api.seen;
    expect(Object.fromEntries(new URLSearchParams(token?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'machine',
      client_secret: SECRET,
      audience: `${api.origin}/api/v2/`,
    });
    expect(JSON.parse(start?.body ?? '')).toEqual({
      connection_id: 'con_1',
      format: 'csv',
      limit: 5,
      fields: [{ name: 'user_id' }, { name: 'email' }],
    });
    expect(looks).toHaveLength(4);
    for (const { headers } of [start!, ...looks]) expect(headers['authorization']).toBe(`Bearer ${TOKEN}`);

    const percents = ofType(eventsOf(result), 'export.status').map(({ percent }) => percent);
    expect(percents).toContain(40);
    expect(store.requests.map(({ query }) => query.get('X-Amz-Signature'))).toEqual(['1', '1', '2']);
    expect(store.requests[2]).toMatchObject({ status: 206, headers: { 'if-range': '"1"' } });
    expectKept(expect, cli, store);
  });
});

describe('a report run of Stripe', () => {
  const RUN = 'frr_1MrQwrLkdIwHu7ixUov4x2b3';
  const CSV = 'category,net\ncharge,100\n';
  const BASIC = `Basic ${Buffer.from(`${SECRET}:`).toString('base64')}`;

  it('is started with a form, and saved from another host that wants the key', async ({ expect, cli }) => {
    const bytes = Buffer.from(CSV);
    const store = await storeOf({ '/v1/files/file_1/contents': bytes });
    store.fault = ({ headers }) => (headers.authorization === BASIC ? undefined : { status: 401 });
    const run = { id: RUN, object: 'reporting.report_run', error: null, result: null };
    const url = `${store.origin}/v1/files/file_1/contents`;
    const file = { id: 'file_1', filename: 'balance.csv', size: bytes.length, url };
    const api = await serve(
      routed({
        'POST /v1/reporting/report_runs': [{ body: { ...run, status: 'pending' } }],
        [`GET /v1/reporting/report_runs/${RUN}`]: [
          { body: { ...run, status: 'pending' } },
          { body: { ...run, status: 'succeeded', result: file } },
        ],
      }),
    );
    const variables = { baseUrl: api.origin, apiKey: '${THE_SECRET}' };
    const config = await configure(cli, 'stripe-reports', variables, (profile) =>
      profile.replace('https://files.stripe.com', store.origin),
    );
    const given = params([
      'report_type=balance.summary.1',
      'parameters[interval_start]=1680000000',
      'parameters[interval_end]=1680100000',
      'parameters[currency]=eur',
    ]);
    const result = await cli.run(['start', 'there', ...given, '--watch', '--json', ...config], { env: FAST });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await saved(result)).toEqual({ 'balance.csv': CSV });

    const [start, ...looks] = api.seen;
    expect(start).toMatchObject({
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': expect.stringMatching(/^exportpoll-\d{8}_\d{6}-[0-9a-f]{8}$/) as string,
      },
    });
    expect(Object.fromEntries(new URLSearchParams(start?.body))).toEqual({
      report_type: 'balance.summary.1',
      'parameters[interval_start]': '1680000000',
      'parameters[interval_end]': '1680100000',
      'parameters[currency]': 'eur',
    });
    expect(looks).toHaveLength(2);
    for (const { headers } of api.seen) expect(headers['authorization']).toBe(BASIC);
    expect(store.requests.map(({ status }) => status)).toEqual([200]);
    expectUnprinted(expect, cli);
  });

  it('gives its key to no host that the profile does not name', async ({ expect, cli }) => {
    const store = await storeOf({ '/contents': Buffer.from(CSV) });
    const result = { filename: 'balance.csv', size: CSV.length, url: `${store.origin}/contents` };
    const api = await serve(() => ({ body: { id: RUN, status: 'succeeded', result } }));
    const variables = { baseUrl: api.origin, apiKey: '${THE_SECRET}' };
    const config = await configure(cli, 'stripe-reports', variables);
    await cli.run(['watch', `there:${RUN}`, ...config], { env: FAST });
    expect(store.requests).not.toHaveLength(0);
    expectKept(expect, cli, store);
  });
});

describe('a query job of Salesforce', () => {
  const JOB = '750R0000000zlh9IAA';
  const JOBS = '/services/data/v62.0/jobs/query';
  const PAGES: Readonly<Record<string, { csv: string; next: string }>> = {
    '': { csv: 'Id,Name\n1,Ada\n', next: 'MTAwMDA' },
    MTAwMDA: { csv: 'Id,Name\n2,Grace\n', next: 'MjAwMDA' },
    MjAwMDA: { csv: 'Id,Name\n3,Edsger\n', next: 'null' },
  };
  const page: (seen: Seen) => Reply = ({ target }) => {
    const locator = new URL(target, 'http://there').searchParams.get('locator') ?? '';
    const { csv, next } = PAGES[locator] ?? { csv: '', next: 'null' };
    return { headers: { 'content-type': 'text/csv', 'sforce-locator': next }, body: csv };
  };

  it('is started, waited for and saved page by page, and cancelled by a PATCH', async ({ expect, cli }) => {
    const api = await serve(
      routed({
        [`POST ${JOBS}`]: [{ body: { id: JOB, operation: 'query', state: 'UploadComplete' } }],
        [`GET ${JOBS}/${JOB}`]: [
          { body: { id: JOB, state: 'UploadComplete' } },
          { body: { id: JOB, state: 'InProgress' } },
          { body: { id: JOB, state: 'JobComplete' } },
        ],
        [`GET ${JOBS}/${JOB}/results`]: page,
        [`PATCH ${JOBS}/${JOB}`]: [{ body: { id: JOB, state: 'Aborted' } }],
      }),
    );
    const variables = { baseUrl: api.origin, token: '${THE_SECRET}', pageSize: '10000' };
    const config = await configure(cli, 'salesforce-bulk', variables);
    const query = 'SELECT Id, Name FROM Account';
    const start = await cli.run(['start', 'there', '--param', `query=${query}`, ...config], { env: FAST });
    expect(start).toMatchObject({ exitCode: 0, stdout: `there:${JOB}\n` });
    const result = await cli.run(['watch', '--json', ...config], { env: FAST });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await saved(result)).toEqual({
      [`${JOB}.csv`]: 'Id,Name\n1,Ada\n',
      [`${JOB} (2).csv`]: 'Id,Name\n2,Grace\n',
      [`${JOB} (3).csv`]: 'Id,Name\n3,Edsger\n',
    });
    expect(JSON.parse(api.seen[0]?.body ?? '')).toEqual({ operation: 'query', query });
    const results = api.seen.filter(({ target }) => target.includes('/results'));
    const asked = results.map(({ target }) => Object.fromEntries(new URLSearchParams(target.split('?')[1])));
    expect(asked).toContainEqual({ maxRecords: '10000' });
    expect(asked).toContainEqual({ maxRecords: '10000', locator: 'MTAwMDA' });
    expect(asked.map(({ locator }) => locator)).not.toContain('null');

    await cli.run(['list', '--prune', `there:${JOB}`]);
    const cancelled = await cli.run(['cancel', `there:${JOB}`, ...config], { env: FAST });
    expect(cancelled).toMatchObject({ exitCode: 0 });
    expect(api.seen.at(-1)).toMatchObject({ method: 'PATCH', body: '{"state":"Aborted"}' });
    for (const { headers } of api.seen) expect(headers['authorization']).toBe(`Bearer ${SECRET}`);
    expectUnprinted(expect, cli);
  });
});

describe('a bulk export of FHIR', () => {
  const ADA = '{"resourceType":"Patient","id":"1"}\n';
  const GONE = '{"resourceType":"Bundle","entry":[]}\n';
  const ODD = '{"resourceType":"OperationOutcome"}\n';

  /** A server whose files lie on `store`, or beside its status. */
  async function fhir(requiresAccessToken: boolean, store?: ScriptedServer) {
    let origin = '';
    const at = (path: string): string => `${store?.origin ?? origin}${path}`;
    const manifest = (): Reply => ({
      body: {
        transactionTime: '2024-05-06T00:00:00Z',
        requiresAccessToken,
        output: [{ type: 'Patient', url: at('/out/1') }],
        deleted: [{ type: 'Bundle', url: at('/out/2') }],
        error: [{ type: 'OperationOutcome', url: at('/out/3') }],
      },
    });
    const accepted: Reply = { status: 202, headers: { 'x-progress': '30% complete', 'retry-after': '1' } };
    let looks = 0;
    const api = await serve(
      routed({
        'GET /r4/Patient/$export': () => ({
          status: 202,
          headers: { 'content-location': `${origin}/r4/bulkstatus/17` },
        }),
        'GET /r4/bulkstatus/17': () => ((looks += 1) === 1 ? accepted : manifest()),
        'DELETE /r4/bulkstatus/17': [{ status: 202 }],
        'GET /out/1': [{ body: ADA }],
        'GET /out/2': [{ body: GONE }],
        'GET /out/3': [{ body: ODD }],
      }),
    );
    ({ origin } = api);
    return api;
  }

  it.for([
    [true, 'the API'],
    [false, 'the API'],
    [false, 'another host'],
  ] as const)('is saved, requiresAccessToken: %s, from %s', async ([requires, place], { expect, cli }) => {
    const isElsewhere = place === 'another host';
    const elsewhere = { '/out/1': Buffer.from(ADA), '/out/2': Buffer.from(GONE), '/out/3': Buffer.from(ODD) };
    const store = await storeOf(elsewhere);
    const api = await fhir(requires, isElsewhere ? store : undefined);
    const variables = { baseUrl: `${api.origin}/r4`, token: '${THE_SECRET}' };
    const config = await configure(cli, 'fhir-bulk', variables);
    const given = params(['_type=Patient', '_elements=id']);
    const result = await cli.run(['start', 'there', ...given, '--watch', '--json', ...config], { env: FAST });
    expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    expect(await saved(result)).toEqual({
      'Patient-0.ndjson': ADA,
      'Bundle-1.ndjson': GONE,
      'OperationOutcome-2.ndjson': ODD,
    });
    const events = ofType(eventsOf(result), 'export.status');
    expect(events[0]).toMatchObject({ state: 'running', percent: 30 });
    expect(events.at(-1)).toMatchObject({ state: 'ready-with-errors' });

    const { target, headers } = api.seen[0]!;
    const { pathname, searchParams } = new URL(target, api.origin);
    expect(pathname).toBe('/r4/Patient/$export');
    expect(Object.fromEntries(searchParams)).toEqual({
      _type: 'Patient',
      _elements: 'id',
      _outputFormat: 'application/fhir+ndjson',
    });
    expect(headers).toMatchObject({ accept: 'application/fhir+json', prefer: 'respond-async' });
    for (const seen of api.seen) {
      const isOpen = !requires && seen.target.startsWith('/out/');
      expect(seen.headers['authorization']).toBe(isOpen ? undefined : `Bearer ${SECRET}`);
    }
    expect(api.seen.filter((seen) => seen.target.startsWith('/out/'))).toHaveLength(isElsewhere ? 0 : 3);
    expect(store.requests).toHaveLength(isElsewhere ? 3 : 0);
    expectKept(expect, cli, store);

    const { host } = new URL(api.origin);
    const manifest = `there-http_--${host.replace(':', '_')}-r4-bulkstatus-17.manifest.json`;
    expect(await cli.files()).toContain(manifest);
    expect(await cli.run(['verify'])).toMatchObject({ exitCode: 0 });
  });

  it('takes no token to files that want one on a host of their own', async ({ expect, cli }) => {
    const store = await storeOf({ '/out/1': Buffer.from(ADA) });
    const api = await fhir(true, store);
    const config = await configure(cli, 'fhir-bulk', { baseUrl: `${api.origin}/r4`, token: '${THE_SECRET}' });
    await cli.run(['watch', `there:${api.origin}/r4/bulkstatus/17`, ...config], { env: FAST });
    expect(store.requests).not.toHaveLength(0);
    expectKept(expect, cli, store);
  });

  it('takes no token to a status on another host', async ({ expect, cli }) => {
    const store = await storeOf({});
    const api = await fhir(true);
    const config = await configure(cli, 'fhir-bulk', { baseUrl: `${api.origin}/r4`, token: '${THE_SECRET}' });
    await cli.run(['status', `there:${store.origin}/r4/bulkstatus/17`, ...config], { env: FAST });
    expect(store.requests).not.toHaveLength(0);
    expectKept(expect, cli, store);
  });

  it('is cancelled by a DELETE of its URL', async ({ expect, cli }) => {
    const api = await fhir(true);
    const config = await configure(cli, 'fhir-bulk', { baseUrl: `${api.origin}/r4`, token: '${THE_SECRET}' });
    const target = `there:${api.origin}/r4/bulkstatus/17`;
    expect(await cli.run(['cancel', target, ...config], { env: FAST })).toMatchObject({ exitCode: 0 });
    expect(api.seen).toMatchObject([
      { method: 'DELETE', target: '/r4/bulkstatus/17', headers: { authorization: `Bearer ${SECRET}` } },
    ]);
  });
});
