import type { Event, State } from '../events.ts';
import { nextSpeed, type Speed } from './speed.ts';
import { wordBeside } from '../profiles/words.ts';

/** A percentage of 100 means that the last byte is on disk: whatever is still going on stays below. */
const HIGHEST_WHILE_ACTIVE = 99;

/** An export that is being waited for, or is ready and has no file on its way yet. */
export interface Wait {
  readonly provider: string;
  readonly id: string;
  readonly state: State;
  /** The provider's own word. */
  readonly word: string;
  /** 0 to 99, whole; never decreases. */
  readonly percent?: number;
  /** When the next poll is due, in ms since the epoch; absent once it is ready. */
  readonly nextPollAt?: number;
}

/** A file that is being downloaded. Bytes as they come over the network. */
export interface Transfer {
  readonly provider: string;
  readonly id: string;
  readonly file: string;
  readonly bytes: number;
  readonly total?: number;
  /** 0 to 99, whole; never decreases, even when the transfer starts over. */
  readonly percent?: number;
  readonly speed: Speed;
  /** In ms since the epoch. */
  readonly startedAt: number;
}

/** What is going on, made from events: nothing that is over is remembered, so memory does not grow with a run. */
export class Tracker {
  readonly waits = new Map<string, Wait>();
  readonly transfers = new Map<string, Transfer>();

  apply(event: Event, nowMs: number): void {
    switch (event.type) {
      case 'export.status':
        this.#poll(event, nowMs);
        break;
      case 'file.started':
        this.#begin(event);
        this.#advance(event, event.resumedFrom, event.bytes, nowMs);
        break;
      case 'file.progress':
        this.#advance(event, event.bytes, event.total, nowMs);
        break;
      case 'file.saved':
      case 'file.failed':
        this.#begin(event);
        this.transfers.delete(keyOf(event));
        break;
      case 'export.started':
      case 'link.issued':
      case 'link.renewed':
      case 'warning':
        break;
      case 'summary':
        this.waits.clear();
        break;
    }
  }

  #poll(event: Extract<Event, { type: 'export.status' }>, nowMs: number): void {
    const { provider, id, state, providerStatus, nextPollMs } = event;
    const key = keyOf(event);
    if (nextPollMs === undefined) {
      // Between "ready" and the first byte lies a request, which may take its time.
      if (state === 'ready' || state === 'ready-with-errors')
        this.waits.set(key, { provider, id, state, word: 'ready' });
      else this.waits.delete(key);
      return;
    }
    const percent = higher(this.waits.get(key)?.percent, event.percent);
    this.waits.set(key, {
      provider,
      id,
      state,
      word: wordBeside(state, providerStatus) || state,
      nextPollAt: nowMs + nextPollMs,
      ...(percent !== undefined && { percent }),
    });
  }

  /** The first file of an export takes the place of its wait. */
  #begin({ provider, id }: { provider: string; id: string }): void {
    this.waits.delete(keyOf({ provider, id }));
  }

  #advance(
    of: Pick<Transfer, 'provider' | 'id' | 'file'>,
    bytes: number,
    size: number | undefined,
    nowMs: number,
  ): void {
    const key = keyOf(of);
    const before = this.transfers.get(key);
    const total = size ?? before?.total;
    const percent = higher(
      before?.percent,
      total === undefined || total <= 0 ? undefined : (100 * bytes) / total,
    );
    this.transfers.set(key, {
      provider: of.provider,
      id: of.id,
      file: of.file,
      bytes,
      startedAt: before?.startedAt ?? nowMs,
      speed: nextSpeed(before?.speed ?? { sinceMs: nowMs, sinceBytes: bytes }, bytes, nowMs),
      ...(total !== undefined && { total }),
      ...(percent !== undefined && { percent }),
    });
  }
}

/** Names an export or a file of it within a run. */
export function keyOf({ provider, id, file }: { provider: string; id: string; file?: string }): string {
  return JSON.stringify([provider, id, file]);
}

function higher(before: number | undefined, percent: number | undefined): number | undefined {
  if (percent === undefined || Number.isNaN(percent)) return before;
  return Math.max(before ?? 0, Math.min(HIGHEST_WHILE_ACTIVE, Math.floor(percent)));
}
