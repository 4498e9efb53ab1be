import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import S3rver from 's3rver';

/** The key that s3rver accepts, and its secret. */
const KEY = 'S3RVER';
const BUCKET = 'exports';

export interface S3 {
  /** A link that lives for `seconds` from now, as WebAdMIT gives them (AWS Signature Version 2). */
  readonly link: (key: string, seconds: number, disposition?: string) => string;
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
  const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
  const link: S3['link'] = (key, seconds, disposition) =>
    presign('GET', host, key, inSeconds(seconds), disposition);
  for (const [key, bytes] of Object.entries(objects)) {
    const upload = request(presign('PUT', host, key, inSeconds(60)), { method: 'PUT' }).end(bytes);
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

/** s3rver verifies this kind of signature, and takes those of version 4 on trust. */
function presign(method: string, host: string, key: string, expires: number, disposition?: string): string {
  const path = `/${BUCKET}/${encodeURIComponent(key)}`;
  const resource = disposition === undefined ? path : `${path}?response-content-disposition=${disposition}`;
  const text = [method, '', '', String(expires), resource].join('\n');
  const query = new URLSearchParams({
    AWSAccessKeyId: KEY,
    Expires: String(expires),
    Signature: createHmac('sha1', KEY).update(text).digest('base64'),
    ...(disposition === undefined ? {} : { 'response-content-disposition': disposition }),
  });
  return `http://${host}${path}?${query.toString()}`;
}
