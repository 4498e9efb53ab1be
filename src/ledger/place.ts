import { isAbsolute, join } from 'node:path';

import { NO_HOME, type Context } from '../context.ts';
import { diskError } from '../download/disk-errors.ts';
import { CannotCreateError, ConfigError } from '../errors.ts';

/**
 * `$XDG_STATE_HOME/exportpoll`, by the XDG Base Directory Specification, which has a relative path ignored;
 * `~/.local/state/exportpoll` without it. Undefined for who has no home either.
 */
export function ledgerDirectory({ env, home }: Pick<Context, 'env' | 'home'>): string | undefined {
  const named = env['XDG_STATE_HOME'] ?? '';
  if (isAbsolute(named)) return join(named, 'exportpoll');
  return home === NO_HOME ? undefined : join(home, '.local', 'state', 'exportpoll');
}

/** What to say to who has none, and has to have one. */
export function noDirectory(): ConfigError {
  return new ConfigError('there is no directory to note in what was started: this user has no home', {
    hint: 'set XDG_STATE_HOME, or HOME, to an absolute path',
  });
}

/** Runs `work` in the ledger, its file system errors turned into ours: it is not `--output` that has to be changed. */
export async function onLedgerDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = diskError(thrown, path);
    if (!(error instanceof CannotCreateError)) throw error;
    throw new CannotCreateError(error.message, {
      hint: 'what was started is noted there: make it writable, or set XDG_STATE_HOME to another directory',
      cause: thrown,
    });
  }
}
