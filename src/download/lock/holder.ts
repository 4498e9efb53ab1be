import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
// oxlint-disable-next-line no-restricted-imports -- signal 0 is how one asks whether a process exists
import { kill } from 'node:process';

/** A process that holds a lock, as the lock names it. */
export interface Holder {
  readonly host: string;
  /** Containers may share a host's name, but not its numbers of processes. */
  readonly space?: string | undefined;
  readonly pid: number;
  readonly started: string;
}

/** The process `pid` of this machine. */
export function holderOf(pid: number): Holder {
  return { host: hostname(), space: processSpace(), pid, started: processStart(pid) };
}

/** The holder that a lock names, unless it is known to be dead, or the text names none. */
export function livingHolder(text: string, mine: Holder): Holder | undefined {
  const holder = readHolder(text);
  return holder !== undefined && isAlive(holder, mine) ? holder : undefined;
}

function readHolder(text: string): Holder | undefined {
  let read: Partial<Record<keyof Holder, unknown>> | null;
  try {
    read = JSON.parse(text) as typeof read;
  } catch {
    return undefined;
  }
  const { host, space, pid, started } = read ?? {};
  if (typeof host !== 'string' || typeof started !== 'string') return undefined;
  if (space !== undefined && typeof space !== 'string') return undefined;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { host, space, pid, started };
}

/** A directory may be shared between machines; what runs on another one cannot be asked. */
export function isForeign({ host, space = '' }: Holder, mine: Holder): boolean {
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
export function processStart(pid: number): string {
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
