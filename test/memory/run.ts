/**
 * The most memory that the built program takes for a small and for a large file: it must not grow with the file.
 * `npm run memory`
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));
const PRELOAD = fileURLToPath(new URL('peak.mjs', import.meta.url));
const MEMBER_BYTES = 10_000_000;
const ALLOWED_GROWTH_MIB = 20;

// A gzip file may have many members; repeating one makes a file of any size from little.
const lines = Array.from(
  { length: MEMBER_BYTES / 20 },
  (_, n) => `${String((n * 7919) % 1e9).padStart(12, '0')},event\n`,
);
const member = gzipSync(lines.join('').slice(0, MEMBER_BYTES));

const small = await peakFor(5);
const large = await peakFor(200);
const growth = large - small;
console.log(
  `| file on disk | peak RSS |\n| --- | --- |\n| 50 MB | ${small.toFixed(0)} MiB |\n| 2 GB | ${large.toFixed(0)} MiB |`,
);
console.log(`growth: ${growth.toFixed(0)} MiB, at most ${ALLOWED_GROWTH_MIB} are allowed`);
process.exitCode = growth <= ALLOWED_GROWTH_MIB ? 0 : 1;

async function peakFor(members: number): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/api/') === true) {
      const origin = `http://${request.headers.host ?? ''}`;
      response.end(
        JSON.stringify({ export_files: { status: 'Available', download_url: `${origin}/big.csv.gz` } }),
      );
      return;
    }
    response.writeHead(200, { 'content-length': member.length * members, etag: '"v1"' });
    void (async () => {
      for (let n = 0; n < members && !response.destroyed; n += 1) {
        if (!response.write(member)) await once(response, 'drain');
      }
      response.end();
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-memory-'));
  const record = join(directory, 'peak');
  try {
    await promisify(execFile)(
      process.execPath,
      ['--import', PRELOAD, PROGRAM, 'watch', '-q', 'webadmit:1/2'],
      {
        cwd: directory,
        env: {
          HOME: directory,
          PEAK_FILE: record,
          EXPORTPOLL_WEBADMIT_API_KEY: 'some-api-key',
          EXPORTPOLL_WEBADMIT_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        },
      },
    );
    return Number(await readFile(record, 'utf8')) / 1024;
  } finally {
    server.close();
    await rm(directory, { recursive: true, force: true });
  }
}
