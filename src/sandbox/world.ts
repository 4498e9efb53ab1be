import type { Catalogue } from './catalogue.ts';
import type { Shelf } from './files/shelf.ts';
import type { Playback } from './playback.ts';
import type { Scenario } from './scenarios/scenario.ts';

/** What the stand-ins share. */
export interface World {
  readonly now: () => number;
  /** When the sandbox began, in milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** How long an export takes, in milliseconds. */
  readonly durationMs: number;
  /** How long a signed link lives, in milliseconds. */
  readonly linkLifetimeMs: number;
  readonly catalogue: Catalogue;
  readonly playback: Playback;
  readonly shelf: Shelf;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Until when files behind unsigned links can be had (milliseconds since the Unix epoch): about a day, as recorded. */
export function filesUntil({ startedAt }: World, { oddity }: Scenario): number {
  return oddity === 'expired' ? startedAt - DAY_MS : startedAt + DAY_MS;
}
