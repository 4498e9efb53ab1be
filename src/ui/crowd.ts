import type { Event } from '../events.ts';
import { formatCount } from '../format.ts';
import { keyOf, type Wait } from './tracker.ts';

/** So many exports are told of one by one; more are told of in numbers. */
const MOST_APART = 20;

/** A service that is down has each export warn, and try again; in any span of that length, in ms, so many say enough. */
const WARNINGS_EVERY_MS = 30_000;
const MOST_WARNINGS = 20;

/** The exports of a run in numbers, for when they are too many to be told of one by one. */
export class Crowd {
  /** Until they are too many. */
  readonly #exports = new Set<string>();
  #started = 0;
  #saved = 0;
  #already = 0;
  #failed = 0;
  #warnings = { since: -Infinity, told: 0, untold: 0 };

  /** True once there are too many exports to tell of each. */
  get isCrowd(): boolean {
    return this.#exports.size > MOST_APART;
  }

  /** Counts what an event tells. */
  apply(event: Event): void {
    if (!this.isCrowd && 'id' in event && event.id !== undefined) {
      this.#exports.add(keyOf({ provider: event.provider ?? '', id: event.id }));
    }
    switch (event.type) {
      case 'export.started':
        this.#started += 1;
        break;
      case 'file.saved':
        if (event.already === true) this.#already += 1;
        else this.#saved += 1;
        break;
      case 'file.failed':
        this.#failed += 1;
        break;
      case 'export.status':
        if (event.state === 'failed' || event.state === 'cancelled' || event.state === 'gone')
          this.#failed += 1;
        break;
      case 'link.issued':
      case 'link.renewed':
      case 'file.started':
      case 'file.progress':
      case 'warning':
      case 'summary':
        break;
    }
  }

  /** Whether a warning is told; those that are not are counted. */
  tellsWarning(nowMs: number): boolean {
    const { since, told } = this.#warnings;
    if (nowMs - since >= WARNINGS_EVERY_MS) this.#warnings = { ...this.#warnings, since: nowMs, told: 0 };
    else if (told >= MOST_WARNINGS) {
      this.#warnings.untold += 1;
      return false;
    }
    this.#warnings.told += 1;
    return true;
  }

  /** `10000 exports`. */
  label(waits: ReadonlyMap<string, Wait>): string {
    return formatCount(Math.max(this.#started, waits.size), 'export');
  }

  /** `8100 running`, `900 queued`, `990 files saved`, `10 failed`: whatever there is any of. */
  details(waits: ReadonlyMap<string, Wait>): string[] {
    const states = new Map<string, number>();
    for (const { state } of waits.values()) states.set(state, (states.get(state) ?? 0) + 1);
    const counts = [
      ...[...states].map(([state, count]) => [count, `${count} ${state}`] as const),
      [this.#saved, `${formatCount(this.#saved, 'file')} saved`] as const,
      [this.#already, `${this.#already} here already`] as const,
      [this.#failed, `${this.#failed} failed`] as const,
      [this.#warnings.untold, formatCount(this.#warnings.untold, 'more warning')] as const,
    ];
    return counts.flatMap(([count, text]) => (count > 0 ? [text] : []));
  }
}
