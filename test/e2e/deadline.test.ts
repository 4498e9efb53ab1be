import { describe } from 'vitest';
import { serve, type Handler } from '../helpers/answers.ts';
import { it } from '../helpers/e2e.ts';
import { waitsForReadiness } from '../helpers/waits.ts';

const TARGET = 'webadmit:1/2';

/** The environment that points webadmit at a server which answers as `handler` says. */
async function brokenApi(handler: Handler): Promise<Record<string, string>> {
  const { origin } = await serve(handler);
  return { EXPORTPOLL_WEBADMIT_BASE_URL: origin, EXPORTPOLL_WEBADMIT_API_KEY: 'k-3141592653' };
}

const drip: Handler = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(timer));
  return undefined;
};
const busy: Handler = () => ({ status: 429, headers: { 'retry-after': '3600' } });

describe('--timeout ends a wait', () => {
  it.for(waitsForReadiness)('%s', async ([, prepare], { expect, cli }) => {
    const { args, env, isThere } = await prepare(cli);
    const { exitCode, stderr } = await cli.run(['watch', ...args, '--timeout', '1s'], { env });
    expect(isThere()).toBe(true);
    expect(stderr).toMatch(/no answer within 1 s|still "In Progress" after 1 s/);
    expect(exitCode).toBe(8);
  });
});

describe('--timeout ends', () => {
  it.for([
    ['an answer that drips', drip],
    ['the wait that a server asks for', busy],
  ] as const)('%s', async ([, handler], { expect, cli }) => {
    const { exitCode, stderr } = await cli.run(['watch', TARGET, '--timeout', '2s'], {
      env: await brokenApi(handler),
    });
    expect(stderr).toContain('no answer within 2 s');
    expect(exitCode).toBe(8);
  });

  it('a wait for an export, and says how long it was', async ({ expect, cli }) => {
    const env = await brokenApi(() => ({ body: { export_files: { status: 'In Progress' } } }));
    const { exitCode, stderr } = await cli.run(['watch', TARGET, '--timeout', '1s', '--interval', '200ms'], {
      env,
    });
    expect(stderr).toContain('still "In Progress" after 1 s');
    expect(exitCode).toBe(8);
  });
});

describe('a command that looks once', () => {
  it.for(['download', 'status'])(
    'does not wait an hour because a server asks for it: %s',
    async (name, { expect, cli }) => {
      const { exitCode, stderr } = await cli.run([name, TARGET], { env: await brokenApi(busy) });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 75, stderr: expect.stringContaining('429') });
    },
  );

  it.for([
    ['a file', []],
    ['standard output', ['-o', '-']],
  ] as const)(
    'nor because the store of its files does, when it saves to %s',
    async ([, flags], { expect, cli }) => {
      const store = await serve((seen, response) => busy(seen, response));
      const ready = { status: 'Available', download_url: `${store.origin}/f.csv` };
      const env = await brokenApi(() => ({ body: { export_files: ready } }));
      const { exitCode, stderr } = await cli.run(['download', TARGET, ...flags], { env });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 75, stderr: expect.stringContaining('429') });
      expect(store.seen).toHaveLength(1);
    },
  );
});
