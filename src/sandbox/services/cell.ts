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
 * A Personium cell, which works on one export at a time. As nobody starts exports here, one begins when somebody first
 * asks for its file, or after those that were asked for before it.
 */
export interface Cell {
  begin(scenario: Scenario): void;
  /** None while the cell is idle ("ready"). */
  current(): CellExport | undefined;
  /** Whether the export has come to its end, whatever that was. */
  isOver(scenario: Scenario): boolean;
}

interface Run {
  readonly from: number;
  /** Infinity for an export that never ends. */
  readonly until: number;
}

export function createCell(durationMs: number, now: () => number): Cell {
  const runs = new Map<Scenario, Run>();

  return {
    begin(scenario) {
      if (wasDoneBefore(scenario) || runs.has(scenario)) return;
      // One that never ends would keep the cell for good; it makes way, and begins anew when it is asked for again.
      for (const [other, { until }] of runs) if (until === Infinity) runs.delete(other);
      const from = Math.max(now(), ...[...runs.values()].map(({ until }) => until));
      const ends = scenario.statuses.at(-1) === 'ready';
      runs.set(scenario, { from, until: ends ? from + durationMs : Infinity });
    },

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
