import { transferDetails, waitDetails } from './activity.ts';
import { formatCount } from '../format.ts';
import type { Crowd } from './crowd.ts';
import type { Tracker, Transfer, Wait } from './tracker.ts';

/** More bars than this are no longer read, only looked at. */
const MOST_LINES = 8;
/** Among many exports, a file that is there sooner than this, in ms, would only flicker. */
const SHORT_TRANSFER_MS = 2000;

/** A line of the live part of a terminal. Not yet masked or made safe: whoever draws it does that. */
export interface Line {
  /** Stays the same while the line is about the same thing. */
  readonly key: string;
  readonly label: string;
  /** 0 to 99, whole. */
  readonly percent: number | undefined;
  readonly isTransfer: boolean;
  /** Worked out when drawn: a countdown goes on between events, and counting ten thousand waits takes its time. */
  details(nowMs: number): string;
}

/** What is drawn with: nothing, a spinner while there is no percentage, bars once there is one. */
export type Surface = 'none' | 'spinner' | 'bars';

/** The lines to draw: the waits (as one line, when they are many), then the transfers. */
export function linesOf({ waits, transfers }: Tracker, crowd: Crowd, rows: number, nowMs: number): Line[] {
  const room = Math.min(MOST_LINES, Math.max(2, rows - 2));
  const long = [...transfers].filter(
    ([, { startedAt }]) => !crowd.isCrowd || nowMs - startedAt >= SHORT_TRANSFER_MS,
  );
  const above = waitLines(waits, crowd, long.length > 0 ? Math.floor(room / 2) : room);
  return [...above, ...transferLines(long, room - above.length)];
}

export function surfaceFor(lines: readonly Line[]): Surface {
  if (lines.length === 0) return 'none';
  return lines.some(({ percent, isTransfer }) => isTransfer || percent !== undefined) ? 'bars' : 'spinner';
}

function waitLines(waits: ReadonlyMap<string, Wait>, crowd: Crowd, room: number): Line[] {
  if (crowd.isCrowd || waits.size > room) {
    const label = crowd.isCrowd ? crowd.label(waits) : formatCount(waits.size, 'export');
    return [textLine('waits', label, () => crowd.details(waits).join(' · '))];
  }
  return Array.from(waits, ([key, wait]) => waitLine(key, wait));
}

function transferLines(transfers: readonly (readonly [string, Transfer])[], room: number): Line[] {
  const lines = transfers.map(([key, transfer]) => transferLine(key, transfer));
  if (lines.length <= room) return lines;
  const shown = lines.slice(0, room - 1);
  const rest = textLine('transfers', `and ${formatCount(lines.length - shown.length, 'more file')}`);
  return [...shown, rest];
}

function transferLine(key: string, transfer: Transfer): Line {
  return {
    key,
    label: transfer.file,
    percent: transfer.percent,
    isTransfer: true,
    details: () => transferDetails(transfer).join(' · '),
  };
}

function waitLine(key: string, wait: Wait): Line {
  return {
    key,
    label: `${wait.provider} ${wait.id}`,
    percent: wait.percent,
    isTransfer: false,
    details: (nowMs) => waitDetails(wait, nowMs).join(' · '),
  };
}

function textLine(key: string, label: string, details = (): string => ''): Line {
  return { key, label, percent: undefined, isTransfer: false, details };
}
