import pLimit from 'p-limit';

import { requireCredentials } from '../config/credentials.ts';
import { openService, type Service } from '../api/service.ts';
import type { Account } from '../account.ts';
import type { Settings } from '../settings.ts';
import type { Context } from '../context.ts';
import type { Event } from '../events.ts';
import { version } from '../version.ts';
import type { SavingWorld } from './run-export.ts';

/** What the exports of one run share: one service an account, one limit of files at once, one set of names. */
export function createWorld(
  context: Context,
  settings: Settings,
  report: (event: Event) => void,
): SavingWorld {
  const services = new Map<Account, Service>();
  const taken = new Map<string, Set<string>>();
  const log = (line: string): void => {
    if (settings.verbose) context.stderr.stream.write(`${context.redactor.mask(line)}\n`);
  };
  return {
    context,
    report,
    service: ({ account }) =>
      remember(services, account, () => openService(account, requireCredentials(account), context, log)),
    limit: pLimit(settings.concurrency),
    taken: (directory) => remember(taken, directory, () => new Set<string>()),
    generator: `exportpoll/${version}`,
  };
}

function remember<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
