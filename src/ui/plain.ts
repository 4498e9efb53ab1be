import { transferDetails, waitDetails } from './activity.ts';
import type { Clean } from './clean.ts';
import { Crowd } from './crowd.ts';
import type { Event } from '../events.ts';
import type { Progress } from './progress.ts';
import { sentenceOf, subjectOf, type Sentence } from './sentences.ts';
import { keyOf, Tracker } from './tracker.ts';

const STEP_PERCENT = 10;
const STEP_MS = 30_000;
/** The numbers of many exports say something once most of them have been looked at. */
const FIRST_COUNT_MS = 2000;

/** What is told: everything, what went or may go wrong, or only the files that could not be delivered. */
export type PlainLevel = 'all' | 'problems' | 'failures';

/** In a log there is no colour to find a problem by. */
const PREFIX = { info: '', done: '', warning: 'warning: ', error: 'error: ' };

/** What a line of progress says, or said. */
interface Step {
  /** The provider's word; empty for a transfer. */
  readonly word: string;
  readonly percent: number;
  readonly atMs: number;
}

/**
 * The renderer for logs and pipes: a line per noteworthy event, and of progress at most one per 10 % or 30 s. Of many
 * exports, problems and what takes long are told one by one, and the rest as numbers every 30 s.
 *
 * @param world.write gets whole lines, with their newline
 */
export function createPlain(
  world: { write: (text: string) => void; now: () => number; clean: Clean },
  level: PlainLevel,
): Progress {
  const tracker = new Tracker();
  const crowd = new Crowd();
  const last = new Map<string, Step>();
  let countDueAt: number | undefined;

  function say(event: Event, text: string): void {
    const subject = subjectOf(event);
    world.write(`${world.clean(subject === '' ? text : `${subject}: ${text}`)}\n`);
  }

  function follow(event: Event): void {
    const nowMs = world.now();
    tracker.apply(event, nowMs);
    const key = progressKey(event);
    if (key === undefined) return;
    const wait = crowd.isCrowd ? undefined : tracker.waits.get(key);
    const transfer = tracker.transfers.get(key);
    const active = wait ?? transfer;
    if (active === undefined || (wait !== undefined && wait.nextPollAt === undefined)) {
      last.delete(key);
      return;
    }
    // With its last byte the sentence that it is saved is about to come.
    if (transfer?.total !== undefined && transfer.bytes >= transfer.total) return;
    const step = { word: wait?.word ?? '', percent: active.percent ?? 0, atMs: nowMs };
    // That a transfer starts has just been said, in a sentence of its own.
    const announced = event.type === 'file.started';
    if (!announced && !isDue(last.get(key), step, crowd.isCrowd)) return;
    last.set(key, step);
    if (announced) return;
    const percent = active.percent === undefined ? [] : [`${active.percent} %`];
    if (wait !== undefined) {
      const [word = '', ...rest] = waitDetails(wait, nowMs);
      say(event, [word, ...percent, ...rest].join(', '));
    } else if (transfer !== undefined) {
      say(event, [`${transfer.file} ${percent.join('')}`.trim(), ...transferDetails(transfer)].join(', '));
    }
  }

  /** What the exports are doing, when there are many, and it was not said lately. */
  function count(): void {
    const nowMs = world.now();
    countDueAt ??= nowMs + FIRST_COUNT_MS;
    if (!crowd.isCrowd || nowMs < countDueAt) return;
    countDueAt = nowMs + STEP_MS;
    const details = crowd.details(tracker.waits);
    world.write(`${world.clean(`${crowd.label(tracker.waits)}: ${details.join(', ')}`)}\n`);
  }

  return {
    report(event) {
      crowd.apply(event);
      const sentence = sentenceOf(event);
      if (sentence !== undefined && isTold(event, sentence, level, crowd, world.now()))
        say(event, `${PREFIX[sentence.severity]}${sentence.text}`);
      if (level !== 'all') return;
      follow(event);
      count();
    },
    aside(action) {
      action();
    },
    close() {
      last.clear();
    },
  };
}

/** Whether progress has moved enough since the last line to be worth the next one; among many, only time counts. */
function isDue(last: Step | undefined, now: Step, amongMany: boolean): boolean {
  if (last === undefined) return true;
  if (now.atMs - last.atMs >= STEP_MS) return true;
  return !amongMany && (last.word !== now.word || now.percent - last.percent >= STEP_PERCENT);
}

function isTold(
  event: Event,
  { severity }: Sentence,
  level: PlainLevel,
  crowd: Crowd,
  nowMs: number,
): boolean {
  const isProblem = severity === 'warning' || severity === 'error';
  switch (level) {
    case 'all':
    case 'problems':
      if (event.type === 'summary') return level === 'all';
      if (event.type === 'warning' && crowd.isCrowd) return crowd.tellsWarning(nowMs);
      return isProblem || (level === 'all' && !crowd.isCrowd);
    case 'failures':
      return event.type === 'file.failed';
  }
}

function progressKey(event: Event): string | undefined {
  switch (event.type) {
    case 'export.status':
    case 'file.started':
    case 'file.progress':
    case 'file.saved':
    case 'file.failed':
      return keyOf(event);
    case 'export.started':
    case 'link.issued':
    case 'link.renewed':
    case 'warning':
    case 'summary':
      return undefined;
  }
}
