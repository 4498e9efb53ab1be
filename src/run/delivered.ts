import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Target } from '../account.ts';
import { placeManifest } from '../download/export-files.ts';
import { isUnchanged, type Manifest } from '../download/manifest.ts';
import { reportSaved, reportSkipped } from '../download/report-file.ts';
import type { Event } from '../events.ts';
import { apiOf } from '../profiles/origins.ts';

/** The manifest that an earlier run left, if its files came from the same API and were made with the same options. */
export async function earlierManifest(target: Target): Promise<Manifest | undefined> {
  const { account, id, settings } = target;
  const { manifest } = await placeManifest(settings.output, { provider: account.name, id });
  const { keepCompressed, name } = manifest?.options ?? {};
  const isSame = keepCompressed === settings.keepCompressed && name === settings.name;
  return isSame && manifest?.api === apiOf(account, settings) ? manifest : undefined;
}

/** True when everything that the manifest tells of is here. */
export async function isDelivered({ files, skipped = [] }: Manifest, { settings }: Target): Promise<boolean> {
  // What was left alone was not delivered, except to who still wants it left alone.
  if (skipped.length > 0 && settings.ifExists !== 'skip') return false;
  for (const file of files) {
    if (!(await isUnchanged(settings.output, file))) return false;
  }
  return skipped.every((name) => existsSync(join(settings.output, name)));
}

/** Tells of the files that are here already. */
export function tellDelivered(
  { files, skipped = [] }: Manifest,
  { account, id, settings }: Target,
  report: (event: Event) => void,
): void {
  const about = { report, provider: account.name, id, directory: settings.output };
  for (const file of files) reportSaved(file, about, { already: true });
  for (const name of skipped) reportSkipped(name, about);
}
