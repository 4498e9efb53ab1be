import type { Link } from '../api/link.ts';
import { subjectOf, type Target } from '../account.ts';
import { remoteName } from '../download/name.ts';
import { outputSink } from '../download/sinks.ts';
import { Source } from '../download/receive/source.ts';
import { TailStore } from '../download/receive/tail-store.ts';
import { transfer } from '../download/transfer.ts';
import { linkExpectations } from '../download/verify.ts';
import { EmptyExportError, ExportpollError, OutputClosedError } from '../errors.ts';
import { announce, awaitExport, patienceOf } from './await-export.ts';
import type { RunWorld } from './world.ts';
import { issueLinks, type IssuedLinks } from './links-of.ts';
import type { Outcome } from './outcome.ts';

/**
 * One export to standard output (`-o -`): its files' contents, one after the other, and nothing else. Nothing is kept
 * on disk, so a run that fails cannot be resumed; a broken connection within the run is.
 */
export async function streamExport(target: Target, once: boolean, world: RunWorld): Promise<Outcome> {
  const { settings } = target;
  announce(target, world.report);
  const outcome = { subject: subjectOf(target), files: 0, bytes: 0 };
  try {
    const found = await awaitExport(target, once, world);
    const issued = issueLinks(found, once, target, world);
    for (const link of issued.list) {
      outcome.bytes += await streamFile(link, once, issued, target, world);
      outcome.files += 1;
    }
    if (outcome.files === 0 && settings.errorOnEmpty) throw new EmptyExportError('the export holds no data');
    return { ...outcome, failures: [] };
  } catch (error) {
    if (!(error instanceof ExportpollError)) throw error;
    return { ...outcome, failures: [{ error, told: error instanceof OutputClosedError }] };
  }
}

async function streamFile(
  link: Link,
  once: boolean,
  { links, called }: IssuedLinks,
  target: Target,
  world: RunWorld,
): Promise<number> {
  const { account, id, settings } = target;
  const { context, report } = world;
  const { clock, random, signal, stdout } = context;
  const about = { provider: account.name, id };
  /** Known once the file has begun; progress before that has nothing to call it by. */
  let file: string | undefined;
  const source = new Source({
    links,
    identity: link.identity,
    client: world.service(target).client,
    stallTimeoutMs: settings.stallTimeoutMs,
    patienceMs: patienceOf(once),
    signal,
  });
  const streamed = await transfer(new TailStore(link.identity), source, {
    clock,
    random,
    signal,
    retries: settings.retries,
    connections: settings.connections,
    patienceMs: patienceOf(once),
    keepCompressed: settings.keepCompressed,
    maxBytes: settings.maxBytes,
    nameFor: (disposition) => remoteName(link, disposition),
    expectations: linkExpectations(link),
    onBegin: ({ name, total }) => {
      file = name;
      called.set(link.identity, name);
      report({
        type: 'file.started',
        ...about,
        file,
        ...(total === undefined ? {} : { bytes: total }),
        resumedFrom: 0,
      });
      return Promise.resolve(true);
    },
    openSink: () => Promise.resolve(outputSink(stdout, signal)),
    onProgress: (bytes, total) => {
      const known = total === undefined ? {} : { total };
      if (file !== undefined) report({ type: 'file.progress', ...about, file, bytes, ...known });
    },
    onRetry: (error, delayMs) => {
      const message = `${error.message}; going on in ${(delayMs / 1000).toFixed(1)} s`;
      report({ type: 'warning', provider: account.name, id, message });
    },
  });
  return streamed?.bytes ?? 0;
}
