import { stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { ApiClient } from '../api/client.ts';
import type { Link } from '../api/link.ts';
import type { Settings } from '../settings.ts';
import type { Clock } from '../context.ts';
import { LostLockError, throwIfLost } from '../errors.ts';
import type { Event } from '../events.ts';
import type { Threads } from './decode/consume.ts';
import type { Journal } from './journal.ts';
import { land } from './land.ts';
import type { Links } from './receive/links.ts';
import type { ManifestFile } from './manifest.ts';
import { applyNameTemplate, remoteName } from './name.ts';
import { partKey, partName } from './part/part-name.ts';
import { Part } from './part/part.ts';
import { reportSaved, reportSkipped } from './report-file.ts';
import { fileSink } from './sinks.ts';
import { Source } from './receive/source.ts';
import type { Names, TargetName } from './target.ts';
import { transfer, type Begun, type Transferred } from './transfer.ts';
import { linkExpectations } from './verify.ts';

/** What the files of one export have in common while they are saved. */
export interface Saving {
  readonly provider: string;
  readonly id: string;
  /** Which API has the export: it may have the same id at another one. */
  readonly api: string;
  readonly directory: string;
  readonly settings: Settings;
  readonly client: ApiClient;
  readonly links: Links;
  readonly names: Names;
  /** What earlier runs have left of files, by key. */
  readonly parts: ReadonlyMap<string, string>;
  /** What each file is called in events, by identity: its remote name until it has claimed the one it lands under. */
  readonly called: Map<string, string>;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  /** See `RetryLimits`. */
  readonly patienceMs?: number | undefined;
  readonly signal: AbortSignal;
  readonly umask: number;
  readonly threads?: Threads;
  /** Forces the names in the directory to the disk. */
  readonly settle: () => Promise<void>;
  readonly report: (event: Event) => void;
  /** Takes known secrets out of what is written to disk. */
  readonly mask: (text: string) => string;
}

/** A file that was left as it was, because `--if-exists skip` said so. */
export interface Skipped {
  readonly skipped: string;
}

/**
 * Saves one file: receives it beside its target, verifies it, records it in the journal and gives it its name, in
 * this order, so that a crash at any point costs no byte twice.
 */
export async function saveFile(link: Link, saving: Saving): Promise<ManifestFile | Skipped> {
  const { provider, id, api, directory } = saving;
  const provisional = remoteName(link, undefined, saving.mask);
  const key = partKey(api, provider, id, link.identity);
  const path = join(directory, saving.parts.get(key) ?? partName(provisional, key));
  const part = saving.parts.has(key)
    ? await Part.open(path, link.identity, saving.mask)
    : new Part(path, link.identity, saving.mask);
  try {
    const saved = saving.journal.find(link.identity);
    if (saved !== undefined) return await keepSaved(saved, part, saving);

    let target: TargetName | undefined;
    const begin = async (begun: Begun): Promise<boolean> => {
      if (target !== undefined) saving.names.release(target.name);
      target = await saving.names.claim(nameOf(begun, link, saving));
      saving.called.set(link.identity, target.name);
      if (target.decision === 'skip') return false;
      const bytes = begun.total === undefined ? {} : { bytes: begun.total };
      const { resumedFrom } = begun;
      saving.report({ type: 'file.started', provider, id, file: target.name, ...bytes, resumedFrom });
      return true;
    };
    const received = await receiveFile(link, part, saving, begin, () => target?.name);
    if (received !== undefined && target !== undefined) {
      return await landFile(link, part, received, target, saving);
    }
    return await skip(target?.name ?? provisional, part, saving);
  } finally {
    await (saving.signal.reason instanceof LostLockError ? part.abandon() : part.close());
  }
}

async function receiveFile(
  link: Link,
  part: Part,
  saving: Saving,
  onBegin: (begun: Begun) => Promise<boolean>,
  /** Known once the file has begun; progress before that has nothing to call it by. */
  nameNow: () => string | undefined,
): Promise<Transferred | undefined> {
  const { client, links, settings, signal, clock, random, patienceMs, provider, id } = saving;
  const { stallTimeoutMs, retries, connections, keepCompressed, maxBytes } = settings;
  const source = new Source({ links, identity: link.identity, client, stallTimeoutMs, patienceMs, signal });
  return await transfer(part, source, {
    clock,
    random,
    signal,
    retries,
    connections,
    patienceMs,
    keepCompressed,
    maxBytes,
    nameFor: (disposition) => remoteName(link, disposition, saving.mask),
    expectations: linkExpectations(link),
    onBegin,
    threads: saving.threads,
    openSink: async ({ decoded }) => (decoded ? await fileSink(part.inflatedPath) : undefined),
    onProgress: throttled(clock, (bytes, total) => {
      const file = nameNow();
      const known = total === undefined ? {} : { total };
      if (file !== undefined) saving.report({ type: 'file.progress', provider, id, file, bytes, ...known });
    }),
    onRetry: (error, delayMs) => {
      const seconds = (delayMs / 1000).toFixed(1);
      saving.report({ type: 'warning', provider, id, message: `${error.message}; going on in ${seconds} s` });
    },
  });
}

async function landFile(
  link: Link,
  part: Part,
  received: Transferred,
  first: TargetName,
  saving: Saving,
): Promise<ManifestFile | Skipped> {
  const { directory, names, journal } = saving;
  const temporary = received.decoded ? part.inflatedPath : part.path;
  if (!received.decoded) {
    await part.flush();
    await part.sync();
  }
  const { mtimeMs } = await stat(temporary);
  let target = first;
  while (target.decision !== 'skip') {
    throwIfLost(saving.signal);
    const file: ManifestFile = {
      name: target.name,
      identity: link.identity,
      bytes: received.bytes,
      rawBytes: received.rawBytes,
      sha256: received.sha256,
      mtimeMs,
      ...(part.known.etag === undefined ? {} : { etag: part.known.etag }),
      ...(part.known.lastModified === undefined ? {} : { lastModified: part.known.lastModified }),
      source: { host: link.url.host, path: saving.mask(link.url.pathname) },
    };
    await journal.record(file);
    const path = join(directory, target.name);
    if (await land(temporary, path, { replace: target.decision === 'replace', ...saving })) {
      await part.remove();
      reportSaved(file, saving);
      return file;
    }
    // Somebody created a file of that name while ours was on its way: decide again.
    names.release(target.name);
    target = await names.claim(nameOf(received, link, saving));
  }
  return await skip(target.name, part, saving);
}

async function skip(name: string, part: Part, saving: Saving): Promise<Skipped> {
  await part.remove();
  reportSkipped(name, saving);
  return { skipped: name };
}

/** A file that an earlier run had saved before it was killed. */
async function keepSaved(saved: ManifestFile, part: Part, saving: Saving): Promise<ManifestFile> {
  await part.remove();
  reportSaved(saved, saving, { already: true });
  return saved;
}

function nameOf({ name }: Begun, { index }: Link, { settings, provider, id }: Saving): string {
  return applyNameTemplate(settings.name, { provider, id, index, name });
}

const PROGRESS_INTERVAL_MS = 100;

function throttled(
  clock: Clock,
  report: (bytes: number, total: number | undefined) => void,
): (bytes: number, total: number | undefined) => void {
  let last = -Infinity;
  return (bytes, total) => {
    const now = clock.now();
    if (now - last < PROGRESS_INTERVAL_MS && bytes !== total) return;
    last = now;
    report(bytes, total);
  };
}
