import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { withLinks } from '../helpers/link-service.ts';
import { eventsOf, ofType } from '../helpers/run-cli.ts';
import { startS3, type S3 } from '../helpers/s3.ts';

const content = Buffer.from('one,two,three\n'.repeat(20_000));

describe('against an S3 with signed links', () => {
  let s3: S3;
  beforeAll(async () => {
    s3 = await startS3({ 'd19d_original.txt': content, 'part.csv.gz': gzipSync(content) });
  });
  afterAll(async () => await s3.close());

  it('takes the name from the link, and sends no key to the store', async () => {
    const disposition = 'attachment; filename="my report.csv"';
    await withLinks(
      () => s3.link('d19d_original.txt', 60, disposition),
      async ({ cli, env }) => {
        const result = await cli.run(['watch', 'webadmit:1/2'], { env });
        // S3 refuses a signed link that comes with another credential.
        expect(result.exitCode, result.stderr).toBe(0);
        expect((await readFile(join(cli.directory, 'my report.csv'))).equals(content)).toBe(true);
      },
    );
  });

  it('renews a link that is dead when it comes', async () => {
    await withLinks(
      (looks) => s3.link('part.csv.gz', looks === 1 ? -2 : 60),
      async ({ cli, env, looks }) => {
        const result = await cli.run(['watch', '--json', '-q', 'webadmit:1/2'], { env });
        expect(result.exitCode, result.stderr).toBe(0);
        expect(ofType(eventsOf(result), 'link.renewed')).toMatchObject([{ reason: 'refused with 403' }]);
        expect(looks()).toBe(2);
        expect((await readFile(join(cli.directory, 'part.csv'))).equals(content)).toBe(true);
      },
    );
  });

  it('tells of the links by the names of the files, also on the way to stdout', async () => {
    const disposition = 'attachment; filename="my report.csv"';
    await withLinks(
      (looks) => s3.link('d19d_original.txt', looks === 1 ? -2 : 60, disposition),
      async ({ cli, env }) => {
        const result = await cli.run(['watch', '-o', '-', 'webadmit:1/2'], { env });
        expect(result.exitCode, result.stderr).toBe(0);
        expect(result.bytes.equals(content)).toBe(true);
        expect(result.stderr).toContain('the link of my report.csv is renewed (refused with 403)');
      },
    );
  });

  it('ends with what S3 says of a link whose signature is wrong', async () => {
    await withLinks(
      () => s3.link('part.csv.gz', 60).replace(/Signature=../, 'Signature=xx'),
      async ({ cli, env, looks }) => {
        const result = await cli.run(['watch', 'webadmit:1/2'], { env });
        expect(result.exitCode).toBe(77);
        expect(result.stderr).toContain('SignatureDoesNotMatch');
        expect(looks()).toBe(1);
        expect(await cli.files()).toEqual([]);
      },
    );
  });

  it('ends as gone when the object was deleted', async () => {
    await withLinks(
      () => s3.link('deleted.csv', 60),
      async ({ cli, env }) => {
        const result = await cli.run(['watch', 'webadmit:1/2'], { env });
        expect(result.exitCode).toBe(11);
        expect(result.stderr).toContain('NoSuchKey');
      },
    );
  });
});
