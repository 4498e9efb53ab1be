import pLimit, { type LimitFunction } from 'p-limit';

import { requireCredentials } from '../config/credentials/credentials.ts';
import { Quota } from '../api/quota.ts';
import { openService, type Service } from '../api/service.ts';
import type { Account, Target } from '../account.ts';
import type { Settings } from '../settings.ts';
import type { Context } from '../context.ts';
import type { Event } from '../events.ts';
import { Ledger } from '../ledger/ledger.ts';
import { version } from '../version.ts';
import { parseDuration } from '../units.ts';
import { DecodePool } from '../download/decode/pool.ts';
import { Locks } from '../download/lock/lock.ts';
import { OutputDirectory } from '../download/output-directory.ts';

/** What the parts of a run have in common. */
export interface RunWorld {
  readonly context: Context;
  readonly report: (event: Event) => void;
  readonly ledger: Ledger;
  readonly service: (of: Pick<Target, 'account'>) => Service;
  /** Lets a few polls of an account at a time wait for their turn: one that waits here takes hardly any memory. */
  readonly polling: (of: Pick<Target, 'account'>) => LimitFunction;
}

/** What the exports of a run share while they are saved. */
export interface SavingWorld extends RunWorld {
  /** Files at once, over all exports. */
  readonly limit: LimitFunction;
  /** Exports at once that look for what is here already, before they wait. */
  readonly opening: LimitFunction;
  readonly locks: Locks;
  /** One object a directory. */
  readonly directory: (path: string) => OutputDirectory;
  /** Decodes large files. */
  readonly decoding: DecodePool;
  /** `exportpoll/VERSION`, for manifests. */
  readonly generator: string;
}

/** More than may be under way at once, so that there is always one whose turn it is. */
const MOST_POLLING = 24;
/** The disk answers four at a time (UV_THREADPOOL_SIZE); what all exports ask of it at once would only pile up. */
const MOST_OPENING = 16;

/** Lets `work` loose on what the exports of one run share, and closes it. */
export async function withWorld<Result>(
  context: Context,
  settings: Settings,
  report: (event: Event) => void,
  work: (world: SavingWorld) => Promise<Result>,
): Promise<Result> {
  const world = createWorld(context, settings, report);
  try {
    return await work(world);
  } finally {
    await world.decoding.close();
  }
}

/** One service an account, one limit of files at once, one set of names; for who closes it as `withWorld` does. */
export function createWorld(
  context: Context,
  settings: Settings,
  report: (event: Event) => void,
): SavingWorld {
  const services = new Map<Account, Service>();
  const quotas = new Map<string, Quota>();
  const pollings = new Map<Account, LimitFunction>();
  const directories = new Map<string, OutputDirectory>();
  const log = (line: string): void => {
    if (settings.verbose) context.stderr.stream.write(`${context.redactor.mask(line)}\n`);
  };
  return {
    context,
    report,
    ledger: new Ledger(context),
    service: ({ account }) =>
      remember(services, account, () => {
        const entry = requireCredentials(account);
        const quota = remember(quotas, quotaKey(account), () => openQuota(account, context));
        return openService(account, entry, quota, context, log);
      }),
    polling: ({ account }) => remember(pollings, account, () => pLimit(MOST_POLLING)),
    limit: pLimit(settings.concurrency),
    opening: pLimit(MOST_OPENING),
    locks: new Locks(context.pid),
    directory: (path) => remember(directories, path, () => new OutputDirectory(path)),
    decoding: new DecodePool(),
    generator: `exportpoll/${version}`,
  };
}

/** Accounts with the same key are one to their service, whatever they are called here. */
function quotaKey({ name, profile: { quota }, variables }: Account): string {
  const who = quota.account === undefined ? undefined : variables[quota.account];
  return who === undefined ? name : `${variables['baseUrl'] ?? ''} ${who}`;
}

function openQuota({ profile }: Account, context: Context): Quota {
  const limits = profile.quota.limits.map(({ requests, per }) => ({ requests, perMs: parseDuration(per) }));
  return new Quota(limits, context);
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
