import { transferDetails, waitDetails } from './activity.ts';
import { formatCount } from '../format.ts';
import type { Tracker, Transfer, Wait } from './tracker.ts';

/** More bars than this are no longer read, only looked at. */
const MOST_LINES = 8;

/** A line of the live part of a terminal. Not yet masked or made safe: whoever draws it does that. */
export interface Line {
  /** Stays the same while the line is about the same thing. */
  readonly key: string;
  readonly label: string;
  /** 0 to 99, whole. */
  readonly percent: number | undefined;
  /** Worked out when drawn: a countdown goes on between events, and counting ten thousand waits takes its time. */
  details(nowMs: number): string;
}

/** What is drawn with: nothing, a spinner while there is no percentage, bars once there is one. */
export type Surface = 'none' | 'spinner' | 'bars';

/** The lines to draw: the waits (as one line, when they are many), then the transfers. */
export function linesOf(tracker: Tracker, rows: number): Line[] {
  const room = Math.min(MOST_LINES, Math.max(2, rows - 2));
  const waits = waitLines(tracker.waits, tracker.transfers.size > 0 ? Math.floor(room / 2) : room);
  return [...waits, ...transferLines(tracker.transfers, room - waits.length)];
}

export function surfaceFor(lines: readonly Line[], tracker: Tracker): Surface {
  if (lines.length === 0) return 'none';
  return tracker.transfers.size > 0 || lines.some((line) => line.percent !== undefined) ? 'bars' : 'spinner';
}

function waitLines(waits: ReadonlyMap<string, Wait>, room: number): Line[] {
  if (waits.size > room) {
    return [textLine('waits', formatCount(waits.size, 'export'), () => countStates(waits))];
  }
  return Array.from(waits, ([key, wait]) => waitLine(key, wait));
}

function transferLines(transfers: ReadonlyMap<string, Transfer>, room: number): Line[] {
  const lines = Array.from(transfers, ([key, transfer]) => transferLine(key, transfer));
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, room - 1);
  return [...shown, textLine('transfers', `and ${formatCount(lines.length - shown.length, 'more file')}`)];
}

function transferLine(key: string, transfer: Transfer): Line {
  return {
    key,
    label: transfer.file,
    percent: transfer.percent,
    details: () => transferDetails(transfer).join(' · '),
  };
}

function waitLine(key: string, wait: Wait): Line {
  return {
    key,
    label: `${wait.provider} ${wait.id}`,
    percent: wait.percent,
    details: (nowMs) => waitDetails(wait, nowMs).join(' · '),
  };
}

function textLine(key: string, label: string, details = (): string => ''): Line {
  return { key, label, percent: undefined, details };
}

/** `9000 running · 1000 queued`. */
function countStates(waits: ReadonlyMap<string, Wait>): string {
  const counts = new Map<string, number>();
  for (const { state } of waits.values()) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(' · ');
}
