import type { Scenario } from '../scenarios/scenario.ts';
import { progressAt } from '../playback.ts';

/** What the cell works on at an instant. */
export interface CellExport {
  readonly name: string;
  readonly status: string;
  readonly percent: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
}

/**
 * A Personium cell, which works on one export at a time. Besides those that are started, the documented ones begin when
 * somebody first asks for their file, or after those that were asked for before.
 */
export interface Cell {
  begin(scenario: Scenario): void;
  /** The worker begins a moment later: until then the cell looks idle. */
  start(scenario: Scenario): void;
  /** Works on an export that gets done, or is about to. */
  isBusy(): boolean;
  /** None while the cell is idle ("ready"). */
  current(): CellExport | undefined;
  /** Whether the export has come to its end, whatever that was. */
  isOver(scenario: Scenario): boolean;
}

/** Between the answer to a start and the first status of the worker. */
const LONGEST_LAG_MS = 500;

interface Run {
  readonly from: number;
  /** Infinity for an export that never ends. */
  readonly until: number;
}

export function createCell(durationMs: number, now: () => number): Cell {
  const runs = new Map<Scenario, Run>();
  const lagMs = Math.min(durationMs / 4, LONGEST_LAG_MS);

  /** One that never ends would keep the cell for good; it ends here, and begins anew when it is asked for again. */
  const makeWay = (): void => {
    for (const [scenario, { until }] of runs) if (until === Infinity) runs.delete(scenario);
  };

  return {
    begin(scenario) {
      if (wasDoneBefore(scenario) || runs.has(scenario)) return;
      makeWay();
      const from = Math.max(now(), ...[...runs.values()].map(({ until }) => until));
      const ends = scenario.statuses.at(-1) === 'ready';
      runs.set(scenario, { from, until: ends ? from + durationMs : Infinity });
    },

    start(scenario) {
      makeWay();
      const from = now() + lagMs;
      runs.set(scenario, { from, until: from + durationMs });
    },

    isBusy: () => [...runs.values()].some(({ until }) => until !== Infinity && now() < until),

    current() {
      for (const [scenario, { from, until }] of runs) {
        if (from <= now() && now() < until) {
          const { status, percent } = progressAt(scenario.statuses, now() - from, durationMs);
          // The service writes it down only when it has grown by more than five points.
          const written = Math.min(99, percent - (percent % 6));
          return { name: scenario.id, status, percent: written, startedAt: from };
        }
      }
      return undefined;
    },

    isOver(scenario) {
      const run = runs.get(scenario);
      return wasDoneBefore(scenario) || (run !== undefined && run.until <= now());
    },
  };
}

function wasDoneBefore({ statuses: [first] }: Scenario): boolean {
  return first === 'ready';
}
