import type { Context } from '../context.ts';
import type { Event } from '../events.ts';
import type { Redactor } from '../secrets.ts';
import { keyOf } from './tracker.ts';

/** The version of the format. Fields are only ever added; anything else would be version 2. */
const VERSION = 1;

/** Chunks arrive a thousand times a second; nobody reads `file.progress` more often than this per file. */
const PROGRESS_EVERY_MS = 1000;

/**
 * The renderer of `--json`: the line of an event, `{"v":1,"ts":"…Z","type":…,"provider":…,"id":…,…}` and a newline.
 * Undefined for progress that comes too soon, and for whatever comes after the summary, which is always last.
 */
export function createNdjson({
  clock,
  redactor,
}: Pick<Context, 'clock' | 'redactor'>): (event: Event) => string | undefined {
  const isDue = createProgressThrottle();
  let ended = false;
  return (event) => {
    const nowMs = clock.now();
    if (ended || !isDue(event, nowMs)) return undefined;
    ended = event.type === 'summary';
    return `${toJsonLine(event, nowMs, redactor)}\n`;
  };
}

/** An event as one line of JSON, secrets masked. The words of the format itself (`type`, `state`) are left alone. */
export function toJsonLine(event: Event, nowMs: number, redactor: Redactor): string {
  const { type, ...fields } = event;
  const masked = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'state' ? redactor.mask(value) : value,
  ]);
  const head = { v: VERSION, ts: new Date(nowMs).toISOString(), type, provider: undefined, id: undefined };
  return escapeForReaders(JSON.stringify({ ...head, ...Object.fromEntries(masked) }));
}

/**
 * The same JSON for a parser, and harmless for whoever else reads the line: a terminal gets no control, bidirectional
 * or zero-width characters, a CI system no `##vso[` or `section_start:`.
 */
function escapeForReaders(json: string): string {
  return json
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => character.replace(/[^]/g, escapeUnit))
    .replace(/#(?=#)/g, escapeUnit)
    .replace(/s(?=ection_(?:start|end):)/gi, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function createProgressThrottle(): (event: Event, nowMs: number) => boolean {
  const lastMs = new Map<string, number>();
  return (event, nowMs) => {
    if (event.type === 'file.saved' || event.type === 'file.failed') lastMs.delete(keyOf(event));
    if (event.type !== 'file.progress') return true;
    const key = keyOf(event);
    if (nowMs - (lastMs.get(key) ?? -Infinity) < PROGRESS_EVERY_MS) return false;
    lastMs.set(key, nowMs);
    return true;
  };
}
