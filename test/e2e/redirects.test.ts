import { describe } from 'vitest';

import { serve, type AnsweringServer } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';
import type { CliResult } from '../helpers/run-cli.ts';

const PEER = 'peer-27182818';

describe('a redirect to another host', () => {
  it('is refused where it would take a secret of the query along, and the secret is not shown', async ({
    expect,
    cli,
  }) => {
    const other = await serve([{ body: {} }]);
    const api = await serve(({ target }) => ({ status: 307, headers: { location: other.origin + target } }));
    const env = {
      EXPORTPOLL_PERSONIUM_BASE_URL: `${api.origin}/cell/`,
      EXPORTPOLL_PERSONIUM_COOKIE: 'cookie-31415926',
      EXPORTPOLL_PERSONIUM_COOKIE_PEER: PEER,
    };
    const result = await cli.run(['status', '-v', 'personium:Abc'], { env });
    expect(result.exitCode).toBe(76);
    expect(result.stderr).toContain(
      `GET ${api.origin}/cell/__export: refusing a redirect that takes a secret to another origin`,
    );
    expect(result.stdout + result.stderr).not.toContain(PEER);
    expect(api.seen[0]?.target).toContain(PEER);
    expect(other.seen).toEqual([]);
  });
});

describe('the headers of a link', () => {
  it('go to its own origin as the profile has them, and to no other', async ({ expect, cli }) => {
    const other = await serve([{ body: 'a,b\n' }]);
    const store = await serve([{ status: 302, headers: { location: `${other.origin}/z.csv` } }]);
    const files = [{ link: `${store.origin}/a.csv`, token: 'item/1 +2' }];
    const api = await serve([{ body: { status: 'done', files } }]);
    await cli.write('acme.yaml', profileWith('Bearer {t} for {account} {"braces"}'));
    await cli.write('config.yaml', 'providers:\n  acme: { profile: ./acme.yaml, account: a b }\n');
    const env = { EXPORTPOLL_ACME_BASE_URL: api.origin };
    const result = await cli.run(['watch', '-c', 'config.yaml', 'acme:1'], { env });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(store.seen[0]?.headers['x-tok']).toBe('Bearer item/1 +2 for a b {"braces"}');
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]?.headers).not.toHaveProperty('x-tok');
  });
});

function profileWith(header: string): string {
  return `profile: 1
name: acme
title: Acme
variables:
  baseUrl: { description: API root }
  account: { description: who }
id: { description: a number, example: '1', pattern: '.+' }
auth: [{ scheme: none }]
status:
  request: { url: '{+baseUrl}/s' }
  state: body.status
  states: { done: ready }
files:
  - each: body.files
    url: item.link
    with: { t: item.token }
    headers: { x-tok: '${header}' }
`;
}

describe('a store that redirects to the API', () => {
  it('does not get to choose what is asked with the credentials', async ({ expect, cli }) => {
    const cancel = '/api/raw/v1/export/cancel.json?idRawExport=9';
    const store = await serve(() => ({ status: 302, headers: { location: `${api.origin}${cancel}` } }));
    const api: AnsweringServer = await serve(({ target }) => {
      if (target === cancel) return { body: 'a,b\n' };
      const files = [{ link: `${store.origin}/a.csv`, timestampExpires: 4_000_000_000 }];
      return { body: { code: 200, message: 'OK', data: { status: 'Success!', progress: '100%', files } } };
    });
    const env = {
      EXPORTPOLL_MYTRACKER_RAW_BASE_URL: api.origin,
      EXPORTPOLL_MYTRACKER_RAW_USER_ID: '77658',
      EXPORTPOLL_MYTRACKER_RAW_SECRET_KEY: 'key-16180339',
    };
    const result: CliResult = await cli.run(['watch', 'mytracker-raw:4'], { env });
    expect(result).toMatchObject({ exitCode: 0 });
    expect(api.seen.map(({ target, headers }) => [target, headers['authorization']])).toEqual([
      [expect.stringMatching(/get\.json/), expect.stringMatching(/^AuthHMAC 77658:/)],
      [cancel, undefined],
    ]);
  });
});
