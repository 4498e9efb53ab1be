import type { Scenario } from './scenarios/scenario.ts';

/** What a look at an export shows. */
export type Sight =
  | { readonly kind: 'status'; readonly status: string; readonly percent: number }
  /** Too many requests; `resetAt` is in whole unix seconds. */
  | { readonly kind: 'throttled'; readonly resetAt: number }
  /** A web page where the API should be. */
  | { readonly kind: 'html' };

/** How far an export is, which depends on when it was first looked at. */
export interface Playback {
  look(scenario: Scenario): Sight;
  /** From now on it has this status, whatever it had before. */
  end(scenario: Scenario, status: string): void;
}

/** An export begins at the first look at it and goes through its statuses within `durationMs`. */
export function createPlayback(durationMs: number, now: () => number): Playback {
  const looks = new Map<Scenario, { readonly since: number; count: number }>();

  const ended = new Map<Scenario, string>();

  return {
    end: (scenario, status) => void ended.set(scenario, status),
    look(scenario) {
      const end = ended.get(scenario);
      if (end !== undefined) return { kind: 'status', status: end, percent: 0 };
      const seen = looks.get(scenario) ?? { since: now(), count: 0 };
      looks.set(scenario, seen);
      if (scenario.oddity === 'html') return { kind: 'html' };
      const resetAt = quotaReset(seen.since);
      if (scenario.oddity === 'throttled' && now() < resetAt * 1000) return { kind: 'throttled', resetAt };

      const first = scenario.firstStatuses?.[seen.count];
      seen.count += 1;
      if (first !== undefined) return { kind: 'status', status: first, percent: 0 };
      const elapsed = now() - seen.since;
      return { kind: 'status', ...progressAt(scenario.statuses, elapsed, durationMs) };
    },
  };
}

/** The status after `elapsed` of `duration` (any unit): all but the last have equal shares, the last one stays. */
export function progressAt(
  statuses: readonly string[],
  elapsed: number,
  duration: number,
): { status: string; percent: number } {
  const done = elapsed >= duration ? 1 : elapsed / duration;
  const index = done === 1 ? statuses.length - 1 : Math.floor(done * (statuses.length - 1));
  return { status: statuses[index] ?? '', percent: Math.floor(done * 100) };
}

/** At least one second later and on a whole second, which is how finely the providers tell it. */
function quotaReset(since: number): number {
  return Math.ceil(since / 1000) + 1;
}
