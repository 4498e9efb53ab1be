import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { hasNginx, startNginx, type Nginx } from '../helpers/nginx.ts';
import { withLinks } from '../helpers/link-service.ts';
import { eventsOf, ofType, type Cli } from '../helpers/run-cli.ts';

/** Does not compress, so that the gzip file is as large and as slow. */
const noise = Buffer.concat(
  Array.from({ length: 80_000 }, (_, n) => createHash('sha256').update(String(n)).digest()),
);
const files = { 'plain.csv': noise, 'packed.csv.gz': gzipSync(noise) };
const RATE = 700_000;

/** Resolves once so many bytes of a file are here. */
async function partWith(cli: Cli, bytes: number): Promise<void> {
  for (;;) {
    const part = (await cli.files()).find((file) => file.endsWith('.part'));
    const found =
      part === undefined ? undefined : await stat(join(cli.directory, part)).catch(() => undefined);
    if ((found?.size ?? 0) >= bytes) return;
    await sleep(20);
  }
}

describe.skipIf(!hasNginx)('against nginx', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    nginx = await startNginx(files, RATE);
  });
  afterAll(async () => await nginx.close());

  const now = (): number => Math.floor(Date.now() / 1000);
  const ours = async (cli: Cli, name: string): Promise<boolean> =>
    (await readFile(join(cli.directory, name))).equals(noise);

  it.each([
    ['plain.csv', 'plain.csv'],
    ['packed.csv.gz', 'packed.csv'],
  ])('goes on with %s when the server restarts and the link has died meanwhile', async (remote, name) => {
    // The link says when it dies; that it is dead is for the server to say once more.
    const diesAt = now() + 2;
    await withLinks(
      (looks) => nginx.link(nginx.http, remote, looks === 1 ? diesAt : now() + 60),
      async ({ cli, env, asked }) => {
        const running = cli.start(['watch', '--json', '-q', 'webadmit:1/2'], { env });
        await asked;
        // The file, at this rate, takes longer than the link lives.
        await partWith(cli, 100_000);
        while (now() <= diesAt) await sleep(50);
        await nginx.restart();
        const result = await running.result;
        expect(result.exitCode, result.stderr).toBe(0);
        const events = eventsOf(result);
        expect(ofType(events, 'link.renewed')).toHaveLength(1);
        expect(ofType(events, 'file.saved')).toHaveLength(1);
        expect(await ours(cli, name)).toBe(true);
      },
    );
  });

  it('goes on from the byte that a killed run had reached', async () => {
    await withLinks(
      () => nginx.link(nginx.http, 'packed.csv.gz', now() + 60),
      async ({ cli, env, asked }) => {
        const killed = cli.start(['watch', '-q', 'webadmit:1/2'], { env });
        await asked;
        await partWith(cli, 100_000);
        killed.kill('SIGKILL');
        await killed.result;
        const result = await cli.run(['watch', '--json', '-q', 'webadmit:1/2'], { env });
        expect(result.exitCode, result.stderr).toBe(0);
        const [started] = ofType(eventsOf(result), 'file.started');
        expect(started?.resumedFrom).toBeGreaterThan(50_000);
        expect(await ours(cli, 'packed.csv')).toBe(true);
      },
    );
  });

  it('refuses a link with a wrong signature as denied, without asking for ever', async () => {
    await withLinks(
      () => `${nginx.http}/plain.csv?signature=wrong&Expires=${now() + 60}`,
      async ({ cli, env }) => {
        const result = await cli.run(['watch', 'webadmit:1/2'], { env });
        expect(result.exitCode).toBe(77);
        expect(await cli.files()).toEqual([]);
      },
    );
  });

  it('downloads over TLS from a server whose authority is told by NODE_EXTRA_CA_CERTS', async () => {
    await withLinks(
      () => nginx.link(nginx.https, 'plain.csv', now() + 60),
      async ({ cli, env }) => {
        const trusted = { ...env, NODE_EXTRA_CA_CERTS: nginx.certificate };
        const result = await cli.run(['watch', 'webadmit:1/2'], { env: trusted });
        expect(result.exitCode, result.stderr).toBe(0);
        expect(await ours(cli, 'plain.csv')).toBe(true);
      },
    );
  });

  it('does not download over TLS from a server that nobody vouches for', async () => {
    await withLinks(
      () => nginx.link(nginx.https, 'plain.csv', now() + 60),
      async ({ cli, env }) => {
        const result = await cli.run(['watch', 'webadmit:1/2'], { env });
        expect(result.exitCode).toBe(75);
        expect(result.stderr).toContain('NODE_EXTRA_CA_CERTS');
        expect(await cli.files()).toEqual([]);
      },
    );
  });
});
