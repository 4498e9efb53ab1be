import { once } from 'node:events';

import { parseDuration } from '../units.ts';
import type { Context } from '../context.ts';
import { ExitCode, UsageError } from '../errors.ts';

/** What `exportpoll sandbox` can be told, as text from the command line. */
export interface SandboxFlags {
  readonly port?: string;
  readonly rows?: string;
  readonly linkLifetime?: string;
  readonly duration?: string;
}

/** `exportpoll sandbox`: serves stand-ins of all five APIs until it is interrupted, and prints a configuration for them. */
export async function sandbox(context: Context, flags: SandboxFlags): Promise<ExitCode> {
  const { startSandbox } = await import('../sandbox/sandbox.ts');
  const { renderSandboxConfig } = await import('../sandbox/config-text.ts');
  const starting = startSandbox({
    now: () => context.clock.now(),
    ...option('apiPort', '--port', flags.port, count(0, 65_535)),
    ...option('rows', '--rows', flags.rows, count(0, 100_000_000)),
    ...option('linkLifetimeMs', '--link-lifetime', flags.linkLifetime, parseDuration),
    ...option('durationMs', '--duration', flags.duration, parseDuration),
  });
  const running = await starting.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    const why = error.code === 'EACCES' ? 'may not be used' : 'is in use';
    throw new UsageError(`--port ${flags.port}: the port ${why}`, {
      hint: 'without --port a free one is taken',
    });
  });
  try {
    context.stdout.stream.write(renderSandboxConfig(running));
    context.stderr.stream.write(
      `serving ${running.apiUrl}, files from ${running.storeUrl}; Ctrl-C stops\n` +
        'to use it, save the configuration on stdout in .exportpollrc, after chmod 600, and name it: ' +
        'exportpoll watch -c .exportpollrc mytracker-raw:4\n',
    );
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    await running.close();
  }
  return ExitCode.ok;
}

function option<Key extends string>(
  key: Key,
  flag: string,
  text: string | undefined,
  parse: (text: string) => number,
): { [K in Key]?: number } {
  if (text === undefined) return {};
  try {
    return { [key]: parse(text) } as { [K in Key]?: number };
  } catch (error) {
    throw new UsageError(`${flag} ${text}: ${(error as RangeError).message}`);
  }
}

function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most))
      throw new RangeError(`must be a whole number from ${least} to ${most}`);
    return number;
  };
}
