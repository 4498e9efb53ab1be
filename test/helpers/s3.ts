import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import S3rver from 's3rver';

/** The credentials that s3rver accepts. */
const KEY = 'S3RVER';
const REGION = 'us-east-1';
const BUCKET = 'exports';

export interface S3 {
  /** A link signed at `at` (ms) for `seconds`, with further query parameters (AWS Signature Version 4). */
  readonly link: (
    key: string,
    at: number,
    seconds: number,
    extra?: Readonly<Record<string, string>>,
  ) => string;
  readonly close: () => Promise<void>;
}

/** An S3 of its own on loopback and a free port, with `objects` in it. */
export async function startS3(objects: Readonly<Record<string, Buffer>>): Promise<S3> {
  const directory = await mkdtemp(join(tmpdir(), 'exportpoll-s3-'));
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  });
  const { port } = await server.run();
  const host = `127.0.0.1:${port}`;
  const link: S3['link'] = (key, at, seconds, extra = {}) => presign('GET', host, key, at, seconds, extra);
  for (const [key, bytes] of Object.entries(objects)) {
    const upload = request(presign('PUT', host, key, Date.now(), 60, {}), { method: 'PUT' }).end(bytes);
    const [response] = (await once(upload, 'response')) as [{ statusCode: number; resume: () => void }];
    response.resume();
    if (response.statusCode !== 200) throw new Error(`s3rver answered ${response.statusCode} to an upload`);
  }
  return {
    link,
    close: async () => {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function presign(
  method: string,
  host: string,
  key: string,
  at: number,
  seconds: number,
  extra: Readonly<Record<string, string>>,
): string {
  const stamp = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = stamp.slice(0, 8);
  const scope = `${day}/${REGION}/s3/aws4_request`;
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${KEY}/${scope}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
    ...extra,
  })
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join('&');
  const path = `/${BUCKET}/${encodeURIComponent(key)}`;
  const canonical = [method, path, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n');
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const hmac = (secret: string | Buffer, text: string): Buffer =>
    createHmac('sha256', secret).update(text).digest();
  const signingKey = hmac(hmac(hmac(hmac(`AWS4${KEY}`, day), REGION), 's3'), 'aws4_request');
  const signature = hmac(signingKey, ['AWS4-HMAC-SHA256', stamp, scope, hashed].join('\n')).toString('hex');
  return `http://${host}${path}?${query}&X-Amz-Signature=${signature}`;
}
