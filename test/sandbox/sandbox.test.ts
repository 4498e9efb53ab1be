import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderSandboxConfig } from '../../src/sandbox/config-text.ts';
import { scenarios, startSandbox } from '../../src/sandbox/sandbox.ts';
import { ask, sandboxWithClock } from './client.ts';

const KEY = { 'x-api-key': '0123456789abcdef0123456789abcdef' };

describe('the sandbox', () => {
  it('records what both origins were asked and what they answered', async () => {
    const { sandbox } = await sandboxWithClock({ durationMs: 0 });
    const path = '/api/v1/exports/86446/export_files/74780';
    const answer = await ask(`${sandbox.apiUrl}${path}`, { headers: KEY });
    await ask(answer.json().export_files.download_url);
    await ask(`${sandbox.apiUrl}${path}`);
    expect(sandbox.requests).toMatchObject([
      { origin: 'api', method: 'GET', url: path, status: 200, headers: KEY },
      { origin: 'store', method: 'GET', status: 200 },
      { origin: 'api', method: 'GET', url: path, status: 401 },
    ]);
    await sandbox.close();
  });

  it('leaves neither an open port nor a file behind', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('exportpoll-sandbox-'));
    const before = new Set(left());
    const { sandbox } = await sandboxWithClock({ durationMs: 0 });
    const answer = await ask(`${sandbox.apiUrl}/api/v1/exports/86446/export_files/74780`, { headers: KEY });
    await ask(answer.json().export_files.download_url);
    const own = left().filter((name) => !before.has(name));
    expect(own.length).toBeGreaterThan(0);
    await sandbox.close();
    await expect(ask(sandbox.apiUrl)).rejects.toThrow('ECONNREFUSED');
    await expect(ask(sandbox.storeUrl)).rejects.toThrow('ECONNREFUSED');
    expect(left()).not.toEqual(expect.arrayContaining(own));
  });

  it('refuses a port that is taken, and keeps none of its own open then', async () => {
    const { sandbox } = await sandboxWithClock();
    const apiPort = Number(new URL(sandbox.apiUrl).port);
    await expect(startSandbox({ apiPort })).rejects.toThrow('EADDRINUSE');
    await sandbox.close();
  });

  it('knows the bytes of every file that a scenario promises, and of no other', async () => {
    const { sandbox } = await sandboxWithClock();
    for (const { provider, id, files } of scenarios) {
      for (const name of files) expect(() => sandbox.expectedFile(provider, id, name)).not.toThrow();
    }
    expect(() => sandbox.expectedFile('rebilly', 'exp_404', 'a.csv')).toThrow('delivers no file');
    await sandbox.close();
  });
});

describe('the configuration for it', () => {
  it('is YAML that gives every provider the account of the sandbox', async () => {
    const { sandbox } = await sandboxWithClock();
    const expected = Object.entries(sandbox.accounts).map(([name, { variables }]) => [name, variables]);
    expect(parse(renderSandboxConfig(sandbox))).toEqual({ providers: Object.fromEntries(expected) });
    await sandbox.close();
  });

  it('lists every id with its exit code', async () => {
    const { sandbox } = await sandboxWithClock();
    const text = renderSandboxConfig(sandbox);
    for (const { id, title, exitCode } of scenarios) {
      const line = text.split('\n').find((one) => one.includes(` ${id} `) && one.endsWith(title));
      expect(line).toContain(`exit ${exitCode}`);
    }
    await sandbox.close();
  });
});
