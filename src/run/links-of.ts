import type { Target } from '../account.ts';
import { withoutSecrets, type Link } from '../api/link.ts';
import type { Look } from '../api/look.ts';
import { Links } from '../download/receive/links.ts';
import { remoteName } from '../download/name.ts';
import {
  ExportFailedError,
  GoneError,
  ProtocolError,
  StillRunningError,
  type ExportpollError,
} from '../errors.ts';
import { unknownWord } from '../poll/settle.ts';
import { wordBeside } from '../profiles/words.ts';
import { lookWithRetries, patienceOf } from './await-export.ts';
import type { RunWorld } from './world.ts';

/** The links of an export whose files are to be fetched. */
export interface IssuedLinks {
  /** As they were issued, in the provider's order. */
  readonly list: readonly Link[];
  /** The same, renewed when they die. */
  readonly links: Links;
  /** What each file is called in events, by identity: its remote name, until whoever fetches it knows better. */
  readonly called: Map<string, string>;
}

/** The links that a look has found, told as issued, and asked for anew when they die. Throws like `linksOf`. */
export function issueLinks(found: Look, once: boolean, target: Target, world: RunWorld): IssuedLinks {
  const { account, id } = target;
  const { context, report } = world;
  const list = withoutSecrets(linksOf(found), context.redactor);
  if (list.length > 0) report({ type: 'link.issued', provider: account.name, id, ...issued(list) });
  const called = new Map(list.map((link) => [link.identity, remoteName(link)]));
  const links = new Links(list, {
    renew: async () => {
      const turn = { urgency: 'urgent', signal: context.signal, patienceMs: patienceOf(once) } as const;
      return withoutSecrets(linksOf(await lookWithRetries(target, world, turn)), context.redactor);
    },
    now: () => context.clock.now(),
    onRenewed: (identity, reason) => {
      const file = called.get(identity) ?? identity;
      report({ type: 'link.renewed', provider: account.name, id, file, reason });
    },
  });
  return { list, links, called };
}

function issued(links: readonly Link[]): { files: number; expiresAt?: string } {
  // Not spread into Math.min: there may be more of them than a call takes arguments.
  const earliest = links.reduce((least, { expiresAt = Infinity }) => Math.min(least, expiresAt), Infinity);
  const expiresAt = earliest === Infinity ? {} : { expiresAt: new Date(earliest).toISOString() };
  return { files: links.length, ...expiresAt };
}

/** The links of an export that is ready, none of an empty one. Throws what any other state means for its caller. */
export function linksOf(found: Look): readonly Link[] {
  const error = stateError(found);
  if (error !== undefined) throw error;
  if (found.state === 'empty') return [];
  if (found.links === undefined)
    throw new ProtocolError(`the provider says "${found.word}" but gives no link`);
  return found.links;
}

/** What a state means for whoever wants the files; `undefined` for the states that have them, or have none. */
export function stateError(found: Look): ExportpollError | undefined {
  const word = wordBeside(found.state, found.word);
  const said = [
    ...(word === '' ? [] : [`"${word}"`]),
    ...(found.message === undefined ? [] : [found.message]),
  ].join(': ');
  switch (found.state) {
    case 'ready':
    case 'ready-with-errors':
    case 'empty':
      return undefined;
    case 'queued':
    case 'running':
      return new StillRunningError(saying('the provider is still working', said), {
        hint: 'run the same command again later, or use `exportpoll watch`, which waits',
      });
    case 'failed':
      return new ExportFailedError(saying('the provider says that the export failed', said), {
        hint: 'a new export is needed',
      });
    case 'cancelled':
      return new ExportFailedError(saying('the provider says that the export was cancelled', said), {
        hint: 'a new export is needed',
      });
    case 'gone':
      // The word is ours; the message says all there is.
      return new GoneError(
        saying('the provider does not have this export (any more)', found.message ?? said),
        {
          hint: 'check the id and the account; an export that is past its retention has to be started anew',
        },
      );
    case 'unknown':
      return unknownWord(found);
  }
}

function saying(what: string, said: string): string {
  return said === '' ? what : `${what}: ${said}`;
}
