import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createCli, type Cli } from './run-cli.ts';

/** A look at the export that has been asked for, and how many there were. */
export interface LinkService {
  readonly cli: Cli;
  /** Points the program's `webadmit` to the service; its export is `webadmit:1/2`. */
  readonly env: Readonly<Record<string, string>>;
  readonly looks: () => number;
  /** Resolves with the first look. */
  readonly asked: Promise<void>;
}

/** WebAdMIT's API as far as it hands out links, and the program in a world of its own: for stores of all kinds. */
export async function withLinks(
  linkFor: (looks: number) => string,
  work: (service: LinkService) => Promise<void>,
): Promise<void> {
  let looks = 0;
  let tell = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const api = createServer((_request, response) => {
    looks += 1;
    tell();
    response.end(JSON.stringify({ export_files: { status: 'Available', download_url: linkFor(looks) } }));
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const cli = await createCli();
  const env = {
    EXPORTPOLL_WEBADMIT_API_KEY: 'some-api-key',
    EXPORTPOLL_WEBADMIT_BASE_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
  };
  try {
    await work({ cli, env, looks: () => looks, asked });
  } finally {
    await cli.close();
    api.closeAllConnections();
    api.close();
  }
}
