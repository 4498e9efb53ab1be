import { readFileSync } from 'node:fs';

import { packageFile } from './package-file.ts';

const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string };

/** The version of this package, such as `1.2.3`. */
export const { version } = manifest;

/** What every request says of who sends it (RFC 9110, 10.1.5). */
export const USER_AGENT = `exportpoll/${version}`;
