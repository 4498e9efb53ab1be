import type { Turn } from '../api/quota.ts';
import type { Look } from '../api/look.ts';
import type { Target } from '../account.ts';
import { parseDuration } from '../units.ts';
import { poll, type Polled } from '../poll/poll.ts';
import type { Event } from '../events.ts';
import { retryingTold } from './retrying-told.ts';
import { lookNoter } from './notes.ts';
import type { RunWorld } from './world.ts';

/** Tells that a run begins to work on an export. */
export function announce({ account, id, entry, isNew }: Target, report: RunWorld['report']): void {
  const already = isNew === true ? {} : { already: true as const };
  // Only a start has parameters.
  const start = entry?.parameters === undefined ? {} : { since: entry.createdAt, ...already };
  report({ type: 'export.started', provider: account.name, id, ...start });
}

/** Who looks once does not want to wait; whatever takes longer than this, in ms, is for the next run. */
const ONE_LOOK_PATIENCE_MS = 60_000;

/** How long a run may wait between failures, in ms; without an end for one that waits anyway. */
export function patienceOf(once: boolean): number | undefined {
  return once ? ONE_LOOK_PATIENCE_MS : undefined;
}

/** Looks at the export until it is settled, or once, tells what every look found, and resolves with the last one. */
export async function awaitExport(target: Target, once: boolean, world: RunWorld): Promise<Look> {
  const { context, report } = world;
  const { account, id, settings, entry } = target;
  const { interval, maxInterval, timeout, grace } = account.profile.poll;
  const floorMs = settings.intervalMs ?? parseDuration(interval);
  const looks = poll({
    look: async (signal) =>
      await lookWithRetries(target, world, {
        urgency: 'poll',
        signal,
        patienceMs: patienceOf(once),
      }),
    cadence: { floorMs, ceilingMs: Math.max(floorMs, settings.maxIntervalMs ?? parseDuration(maxInterval)) },
    timeoutMs: settings.timeoutMs ?? parseDuration(timeout),
    graceMs: parseDuration(grace),
    once,
    clock: context.clock,
    random: context.random,
    signal: context.signal,
  });
  const noteLook = lookNoter(entry, world);
  let last: Polled | undefined;
  for await (const seen of looks) {
    last = seen;
    report({ type: 'export.status', provider: account.name, id, ...statusOf(seen) });
    await noteLook();
  }
  if (last === undefined) throw new Error('a poll ended without a look');
  return last;
}

/** Looks a single time; a failure that may pass is tried again `--retries` times, until the signal aborts. */
export async function lookWithRetries(target: Target, world: RunWorld, turn: Turn): Promise<Look> {
  const { account, id, settings } = target;
  const { service, polling } = world;
  const look = async (): Promise<Look> => await service(target).look(id, turn);
  // Only polls: whoever is urgent is the account's quota to let in first.
  const attempt = turn.urgency === 'poll' ? async () => await polling(target)(look) : look;
  const { signal, patienceMs } = turn;
  const about = { provider: account.name, id, retries: settings.retries, patienceMs };
  return await retryingTold(attempt, about, world, signal);
}

function statusOf({
  state,
  word,
  percent,
  nextPollMs,
  message,
}: Polled): Omit<Event & { type: 'export.status' }, 'type' | 'provider' | 'id'> {
  return {
    state,
    providerStatus: word,
    ...(percent === undefined ? {} : { percent }),
    ...(nextPollMs === undefined ? {} : { nextPollMs }),
    ...(message === undefined ? {} : { message }),
  };
}
