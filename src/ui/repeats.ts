import type { Event } from '../events.ts';
import { keyOf } from './tracker.ts';

/**
 * Tells events that say nothing new to a person: a link is renewed by asking for the status again, and the export is
 * as ready as it was before.
 */
export function createRepeatDetector(): (event: Event) => boolean {
  const ends = new Map<string, string>();
  return (event) => {
    if (event.type !== 'export.status') return false;
    const key = keyOf({ provider: event.provider, id: event.id });
    if (event.nextPollMs !== undefined) {
      ends.delete(key);
      return false;
    }
    const end = JSON.stringify([event.state, event.providerStatus, event.message]);
    if (ends.get(key) === end) return true;
    ends.set(key, end);
    return false;
  };
}
