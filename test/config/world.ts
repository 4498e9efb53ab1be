import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';

import { onTestFinished } from 'vitest';

import { loadConfiguration, type Configuration } from '../../src/config/configuration.ts';
import type { Context } from '../../src/context.ts';
import { Redactor } from '../../src/secrets.ts';

/** A home with a repository `work` in it, in a directory of its own, and an environment with nothing in it. */
export interface World {
  readonly root: string;
  readonly home: string;
  readonly cwd: string;
  readonly context: Context;
  /** Writes a file under the root, readable by its owner only, and returns its path. */
  write(path: string, text: string, mode?: number): string;
  /** Writes `.exportpollrc` of the repository. */
  project(text: string): string;
  /** Writes the user file. */
  user(text: string, mode?: number): string;
  load(flags?: Record<string, unknown>, configFile?: string): Promise<Configuration>;
}

export function createWorld(env: Context['env'] = {}): World {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'exportpoll-config-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const home = join(root, 'home');
  const cwd = join(home, 'work');
  mkdirSync(join(cwd, '.git'), { recursive: true });
  const context = createContext({ env, home, cwd });
  const write = (path: string, text: string, mode = 0o600): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, mode);
    return full;
  };
  return {
    root,
    home,
    cwd,
    context,
    write,
    project: (text) => write('home/work/.exportpollrc', text),
    user: (text, mode) => write('home/.config/exportpoll/config.yaml', text, mode),
    load: async (flags = {}, configFile = undefined as string | undefined) =>
      await loadConfiguration(context, { flags, ...(configFile === undefined ? {} : { configFile }) }),
  };
}

function createContext(place: Pick<Context, 'env' | 'home' | 'cwd'>): Context {
  const unused = (): never => {
    throw new Error('configuration needs no network, and waits for nothing');
  };
  return {
    ...place,
    platform: 'linux',
    pid: 1,
    umask: 0o077,
    clock: { now: () => Date.UTC(2024, 0, 2), sleep: unused },
    random: unused,
    stdout: { stream: new PassThrough(), isTTY: false },
    stderr: { stream: new PassThrough(), isTTY: false },
    signal: new AbortController().signal,
    transport: { send: unused, close: unused },
    redactor: new Redactor(),
  };
}
