import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';

import { expect, onTestFinished, test } from 'vitest';

import { createCli } from '../helpers/run-cli.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

test.skipIf(!hasIpv6)(
  'an export arrives from a host that is an IPv6 address, however it is written',
  async () => {
    const got: [string, IncomingHttpHeaders][] = [];
    const server = createServer((request, response) => {
      const { url = '', headers } = request;
      got.push([url, headers]);
      const origin = `http://[0:0::0001]:${port}`;
      if (url.startsWith('/f.csv')) response.end('a\n');
      else if (url.endsWith('?moved')) {
        response.end(
          JSON.stringify({ export_files: { status: 'Available', download_url: `${origin}/f.csv?s=1` } }),
        );
      } else response.writeHead(302, { location: `${origin}${url}?moved` }).end();
    }).listen(0, '::1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address() as AddressInfo;
    const cli = await createCli();
    onTestFinished(cli.close);
    const env = {
      EXPORTPOLL_WEBADMIT_API_KEY: 'the-api-key-31415',
      EXPORTPOLL_WEBADMIT_BASE_URL: `http://[::1]:${port}`,
    };
    const result = await cli.run(['watch', 'webadmit:1/2'], { env });
    expect(result.exitCode, result.stderr).toBe(0);
    expect(await readFile(join(cli.directory, 'f.csv'), 'utf8')).toBe('a\n');
    // The API's origin is the same in both spellings, so that the redirect keeps the credential; the link needs none.
    expect(got.map(([, headers]) => headers['x-api-key'] !== undefined)).toEqual([true, true, false]);
    expect(got.map(([, headers]) => headers.host)).toEqual(Array(3).fill(`[::1]:${port}`));
  },
);
