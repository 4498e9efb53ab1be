import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Event } from '../../src/events.ts';

/** The built program. */
export const PROGRAM = fileURLToPath(new URL('../../bin/exportpoll.js', import.meta.url));
/** A run that takes longer hangs. */
const TIMEOUT_MS = 15_000;
const STACK = /^\s*at .+:\d+:\d+\)?$/m;

/** A line of `--json`. */
export type CliEvent = Event & { readonly v: number; readonly ts: string };

export interface CliResult {
  /** Undefined when a signal ended the process. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  /** The bytes of stdout. */
  readonly bytes: Buffer;
  readonly stderr: string;
}

export interface CliOptions {
  /** In addition to the few variables that every run gets. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningCli {
  readonly kill: (signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') => void;
  /** Resolves with what was written to stdout since the call, as soon as `pattern` is in it. */
  readonly stdoutMatching: (pattern: RegExp) => Promise<string>;
  readonly stderrMatching: (pattern: RegExp) => Promise<string>;
  /** Reads no more of its stdout, as `head` does when it has enough. */
  readonly closeStdout: () => void;
  readonly result: Promise<CliResult>;
}

/** The built program in a world of its own: home and current directory are new and empty, nothing is inherited. */
export interface Cli {
  /** The current directory of its processes. */
  readonly directory: string;
  readonly home: string;
  /** Everything that its processes have printed. */
  readonly printed: () => string;
  /** Runs it to its end, whatever its exit code; rejects when it hangs or shows a stack trace. */
  readonly run: (args: readonly string[], options?: CliOptions) => Promise<CliResult>;
  readonly start: (args: readonly string[], options?: CliOptions) => RunningCli;
  /** All files below the current directory, hidden ones too, sorted. */
  readonly files: () => Promise<string[]>;
  /** Writes a file that only its owner can read, and resolves with its path. */
  readonly write: (name: string, text: string | Buffer) => Promise<string>;
  /** Ends what still runs and removes the directories. */
  readonly close: () => Promise<void>;
}

export async function createCli(): Promise<Cli> {
  const home = await mkdtemp(join(tmpdir(), 'exportpoll-e2e-'));
  const directory = join(home, 'work');
  const inHome = { XDG_CONFIG_HOME: 'xdg-config', XDG_STATE_HOME: 'xdg-state', TMPDIR: 'tmp' };
  const scrubbed: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: home };
  for (const [name, folder] of Object.entries(inHome)) scrubbed[name] = join(home, folder);
  await Promise.all([directory, join(home, 'tmp')].map(async (path) => await mkdir(path)));
  const running = new Set<RunningCli>();
  const printed: string[] = [];

  const start: Cli['start'] = (args, { env = {} } = {}) => {
    const started = spawn(args, directory, { ...scrubbed, ...env });
    running.add(started);
    const result = started.result
      .then((ended) => {
        printed.push(ended.stdout, ended.stderr);
        return ended;
      })
      .finally(() => running.delete(started));
    return { ...started, result };
  };
  return {
    directory,
    home,
    start,
    printed: () => printed.join(''),
    run: async (args, options) => await start(args, options).result,
    async files() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory());
      return files.map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1)).sort();
    },
    async write(name, text) {
      const path = join(directory, name);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    },
    async close() {
      for (const { kill } of running) kill('SIGKILL');
      await Promise.allSettled([...running].map(async ({ result }) => await result));
      await rm(home, { recursive: true, force: true });
    },
  };
}

function spawn(args: readonly string[], cwd: string, env: Record<string, string>): RunningCli {
  const subprocess = execa(process.execPath, [PROGRAM, ...args], {
    cwd,
    env,
    extendEnv: false,
    reject: false,
    timeout: TIMEOUT_MS,
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  return {
    kill: (signal) => subprocess.kill(signal),
    closeStdout: () => subprocess.stdout.destroy(),
    stdoutMatching: async (pattern) => await matching(subprocess.stdout, pattern),
    stderrMatching: async (pattern) => await matching(subprocess.stderr, pattern),
    result: subprocess.then(({ exitCode, stdout, stderr, timedOut }) => {
      const bytes = Buffer.from(stdout);
      const text = { stdout: bytes.toString(), stderr: Buffer.from(stderr).toString() };
      const wrong = timedOut ? 'hangs' : STACK.test(text.stderr) ? 'shows a stack trace' : undefined;
      if (wrong !== undefined)
        throw new Error(`exportpoll ${args.join(' ')} ${wrong}:\n${text.stdout}${text.stderr}`);
      return { exitCode, bytes, ...text };
    }),
  };
}

async function matching(stream: Readable, pattern: RegExp): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) resolve(text);
    });
    stream.once('end', () => reject(new Error(`the output ended without ${pattern}:\n${text}`)));
  });
}

/** What `--json` printed; throws when a line is not JSON. */
export function eventsOf({ stdout }: Pick<CliResult, 'stdout'>): CliEvent[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CliEvent);
}

/** The events of one type. */
export function ofType<Type extends Event['type']>(
  events: readonly CliEvent[],
  type: Type,
): Extract<CliEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<CliEvent, { type: Type }> => event.type === type);
}
