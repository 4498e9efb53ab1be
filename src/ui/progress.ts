import type { Event } from '../events.ts';

/** A renderer of events for people, on stderr. */
export interface Progress {
  report(event: Event): void;
  /** Runs `action`, which may write to the same terminal, while nothing is drawn there. */
  aside(action: () => void): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}
