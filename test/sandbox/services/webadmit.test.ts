import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { ask, sandboxWithClock } from '../client.ts';

const KEY = { 'x-api-key': '0123456789abcdef0123456789abcdef' };

let sandbox: Sandbox;
let clock: { ms: number };

beforeAll(async () => {
  ({ sandbox, clock } = await sandboxWithClock({ durationMs: 3000 }));
});
afterAll(async () => {
  await sandbox.close();
});

const look = async (fileId: string, headers: Record<string, string> = KEY) =>
  await ask(`${sandbox.apiUrl}/api/v1/exports/86446/export_files/${fileId}`, { headers });

async function wordsOf(fileId: string): Promise<string[]> {
  const words: string[] = [];
  for (let second = 0; second <= 3; second += 1) {
    words.push((await look(fileId)).json().export_files.status);
    clock.ms += 1000;
  }
  return words;
}

describe('an export file', () => {
  it('goes through the words of the service', async () => {
    expect(await wordsOf('74780')).toEqual(['Initializing', 'Queued', 'In Progress', 'Available']);
  });

  it('goes through the words of the vendor’s page for the id that stands for it', async () => {
    expect(await wordsOf('74781')).toEqual(['initializing', 'queued', 'in_progress', 'available']);
  });

  it.each([
    ['74783', 'Success With Errors', true],
    ['74784', 'Empty List', false],
    ['74785', 'Failed', false],
    ['74786', 'In Progress', false],
    ['74787', 'Archived', false],
  ])('%s ends as %s', async (fileId, word, hasLink) => {
    expect((await wordsOf(fileId)).at(-1)).toBe(word);
    expect('download_url' in (await look(fileId)).json().export_files).toBe(hasLink);
  });

  it('has a link only when it is done', async () => {
    expect((await look('74782')).json()).toEqual({
      export_files: {
        id: 74782,
        href: '/api/v1/exports/86446/export_files/74782',
        export_id: 86446,
        status: 'Initializing',
      },
    });
    clock.ms += 3000;
    const link = new URL((await look('74782')).json().export_files.download_url);
    expect(link.origin).toBe(sandbox.storeUrl);
    expect(link.pathname).toBe(
      '/export_files/reports/000/074/782/d19d6c0a34b7062c4496530f3d5dbfb_original.txt',
    );
    expect(link.searchParams.get('response-content-disposition')).toBe(
      'attachment; filename="Multiple Files.zip"',
    );
  });
});

describe('an error', () => {
  it('is a 401 without a body when the key is wrong or missing', async () => {
    for (const headers of [{}, { 'x-api-key': 'another' }] as Record<string, string>[]) {
      const { status, text } = await look('74780', headers);
      expect([status, text]).toEqual([401, '']);
    }
  });

  it('is a 404 when there is no such file', async () => {
    const answer = await look('74404');
    expect([answer.status, answer.json()]).toEqual([404, { message: 'Not Found' }]);
  });

  it('is a 429 with Retry-After while the hour’s calls are used up', async () => {
    const { status, headers } = await look('74429');
    expect([status, headers['x-ratelimit-remaining']]).toEqual([429, '0']);
    clock.ms += Number(headers['retry-after']) * 1000;
    expect((await look('74429')).status).toBe(200);
  });
});

it('counts the calls that remain', async () => {
  const [first, second] = [await look('74780'), await look('74780')].map(({ headers }) => headers);
  expect(first?.['x-ratelimit-limit']).toBe('5000');
  expect(Number(first?.['x-ratelimit-remaining']) - Number(second?.['x-ratelimit-remaining'])).toBe(1);
});
