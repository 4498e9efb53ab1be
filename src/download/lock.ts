import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { link, lstat, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
// oxlint-disable-next-line no-restricted-imports -- signal 0 is how one asks whether a process exists
import { kill } from 'node:process';

import { z } from 'zod';

import { TryAgainError } from '../errors.ts';
import { diskError, onDisk } from './disk-errors.ts';
import { NO_LINKS } from './durable.ts';
import { beat, isSilent } from './heartbeat.ts';
import { readSmall, SMALL_BYTES } from './read-small.ts';

const schema = z.object({
  host: z.string(),
  /** Containers may share a host's name, but not its numbers of processes. */
  space: z.string().optional(),
  pid: z.number().int().positive(),
  started: z.string(),
});
type Holder = z.infer<typeof schema>;

/** Keeps the files of one process apart, which may want several locks, or one of them twice. */
let attempts = 0;

/** Frees the lock. */
export type Release = () => Promise<void>;

/**
 * Makes sure that one run at a time works on an export in a directory: a small file names the process that holds the
 * lock. A holder that is no longer alive (kill -9, power cut) holds nothing: on this machine that can be asked, of
 * another machine or container it shows by its silence. Throws TryAgainError while another run holds the lock.
 */
export async function acquireLock(directory: string, key: string, pid: number): Promise<Release> {
  const path = join(directory, `.${key}.lock`);
  const mine: Holder = { host: hostname(), space: processSpace(), pid, started: processStart(pid) };
  const text = JSON.stringify(mine);
  attempts += 1;
  const drafts = `${path}.${mine.host}.`;
  const draft = `${drafts}${pid}.${attempts}`;
  try {
    await onDisk(path, async () => {
      await rm(draft, { force: true });
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
    });
    // Linking is atomic and fails when the name exists, on every file system and between processes.
    for (let tries = 0; tries < 10; tries += 1) {
      if (await tryLink(draft, path)) {
        await sweepDrafts(directory, basename(drafts), mine);
        await dropDeadGuard(`${path}.stale`, mine);
        const stop = beat(path, text);
        return async () => {
          stop();
          await rm(path, { force: true });
        };
      }
      const found = await readLock(path);
      if (found === undefined) continue;
      const holder = livingHolder(found, mine);
      const isDead = holder === undefined || (isForeign(holder, mine) && (await isSilent(path, draft)));
      if (!isDead) throw heldBy(holder, path);
      await removeStale(path, found, draft, mine);
    }
    throw new TryAgainError(`${path}: another run took the lock again and again`);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Removes the drafts of this machine's runs that were killed before they could. */
async function sweepDrafts(directory: string, prefix: string, mine: Holder): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    // One that is just being written is as empty as one whose writer was killed: its name tells who that is.
    if (Number.isNaN(pid) || pid === mine.pid || processStart(pid) !== '') continue;
    await rm(join(directory, name), { force: true });
  }
}

async function tryLink(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (NO_LINKS.has(code)) return createLock(path, readFileSync(draft, 'utf8'));
    throw diskError(error, path);
  }
}

/**
 * For a file system without hard links. Synchronous, so that the moment is short in which another run could see the
 * lock without its holder and take it for stale.
 */
function createLock(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw diskError(error, path);
  }
}

/** What a lock says: nothing (`''`) where something lies in its place that is none. `undefined` when nothing is there. */
async function readLock(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found === undefined ? undefined : ((await readSmall(path, SMALL_BYTES)) ?? '');
}

/**
 * Takes a dead run's lock away. Whoever does so holds a second lock for that moment: between the look at the first one
 * and its removal, nobody else may have removed it and a living run have taken it.
 */
async function removeStale(path: string, stale: string, draft: string, mine: Holder): Promise<void> {
  const guard = `${path}.stale`;
  if (await tryLink(draft, guard)) {
    const found = await readLock(path);
    if (found === stale) await rm(path, { force: true });
    await rm(guard, { force: true });
    return;
  }
  await dropDeadGuard(guard, mine);
}

/** Removes the second lock of a run that was killed in the moment of taking over. */
async function dropDeadGuard(guard: string, mine: Holder): Promise<void> {
  const text = await readLock(guard);
  if (text !== undefined && livingHolder(text, mine) === undefined) await rm(guard, { force: true });
}

function livingHolder(text: string, mine: Holder): Holder | undefined {
  try {
    const holder = schema.parse(JSON.parse(text));
    return isAlive(holder, mine) ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** A directory may be shared between machines; what runs on another one cannot be asked. */
function isForeign({ host, space = '' }: Holder, mine: Holder): boolean {
  return host !== mine.host || (space !== '' && mine.space !== '' && space !== mine.space);
}

function isAlive(holder: Holder, mine: Holder): boolean {
  if (isForeign(holder, mine)) return true;
  const started = processStart(holder.pid);
  return started !== '' && started === holder.started;
}

/** The namespace in which numbers of processes mean something (Linux, pid_namespaces(7)); empty elsewhere. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/**
 * Tells a process from a later one with the same number: on Linux the boot's id and the start time in ticks
 * (proc(5), field 22). Elsewhere only whether there is one. Empty when there is none.
 */
function processStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The command's name stands in parentheses and may contain anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie only waits for its parent to notice that it is dead.
    return fields[0] === 'Z' || fields[0] === 'X' ? '' : `${boot} ${fields[19] ?? ''}`;
  } catch {
    return exists(pid) ? 'running' : '';
  }
}

/** Where there is no /proc. */
function exists(pid: number): boolean {
  try {
    return kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function heldBy({ host, pid }: Holder, path: string): TryAgainError {
  return new TryAgainError(`another run (process ${pid} on ${host}) is working on this export here`, {
    hint: `wait for it to end; if there is no such process, remove ${path}`,
  });
}
