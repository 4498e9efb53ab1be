import { lstat } from 'node:fs/promises';

/** How often a holder of a lock shows that it is alive, in ms. */
const BEAT_MS = 10_000;
/** After this long without a beat, in ms, a holder that cannot be asked is dead. */
const SILENCE_MS = 6 * BEAT_MS;

/** Calls `beat` again and again, until the result is called. Real time: other machines go by it. */
export function keepBeating(beat: () => Promise<void>): () => void {
  // oxlint-disable-next-line no-restricted-globals -- a wait that would keep nobody waiting
  const timer = setInterval(() => void beat(), BEAT_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * True when the lock was not written for a long while, measured against a file that was written just now: both times
 * are those of the file system, whose clock may be another machine's.
 */
export async function isSilent(lock: string, writtenNow: string): Promise<boolean> {
  const [then, now] = await Promise.all([lstat(lock), lstat(writtenNow)]).catch(() => [undefined, undefined]);
  return then !== undefined && now !== undefined && now.mtimeMs - then.mtimeMs > SILENCE_MS;
}
