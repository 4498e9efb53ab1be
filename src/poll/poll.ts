import type { Look } from '../api/look.ts';
import { within } from '../api/within.ts';
import type { Clock } from '../context.ts';
import { StillRunningError } from '../errors.ts';
import { formatDuration } from '../format.ts';
import { isFinal, wordBeside } from '../profiles/words.ts';
import { nextDelay, withMark, type Cadence, type Mark } from './cadence.ts';
import { nothingSeen, settle } from './settle.ts';

/** A look, and when the next one is due. */
export interface Polled extends Look {
  /** Absent after the last look. */
  readonly nextPollMs?: number;
}

export interface PollOptions {
  /** Asks the provider, until the signal aborts; transient failures are dealt with inside. */
  readonly look: (signal: AbortSignal) => Promise<Look>;
  readonly cadence: Cadence;
  /** Give up after this long, in ms. */
  readonly timeoutMs: number;
  /** How long after the first look `gone` may still mean "not there yet", in ms. */
  readonly graceMs: number;
  /** Look a single time, whatever is found. */
  readonly once: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** The last look begins at the deadline, and each one gets the time that an answer takes. */
const LEAST_LOOK_MS = 2000;

/**
 * Looks at an export until it is settled, and yields what every look found; the first look comes before the first
 * wait. Ends with a final state (or, with `once`, with whatever was found). Throws StillRunningError at the deadline
 * and the signal's reason as soon as it aborts.
 */
export async function* poll(options: PollOptions): AsyncGenerator<Polled, void, undefined> {
  const { clock, cadence, signal } = options;
  const startedAt = clock.now();
  const deadline = startedAt + options.timeoutMs;
  let marks: readonly Mark[] = [];
  let memory = nothingSeen;
  let word = '';

  for (;;) {
    const limit = { ms: Math.max(deadline - clock.now(), LEAST_LOOK_MS), late: () => tooLate(options, word) };
    const found = options.once
      ? await options.look(signal)
      : await within(limit, signal, async (limited) => await options.look(limited));
    const now = clock.now();
    const withinGrace = !options.once && now - startedAt < options.graceMs;
    const settled = settle(found, memory, withinGrace);
    memory = settled.memory;
    word = wordBeside(settled.look.state, found.word) || settled.look.state;
    const { percent } = settled.look;
    if (percent !== undefined) marks = withMark(marks, { at: now - startedAt, percent });
    const seen = neverBack(settled.look, marks);
    if (isFinal(seen.state) || options.once) {
      yield seen;
      return;
    }
    const wish = nextDelay(
      { elapsedMs: now - startedAt, marks, retryAfterMs: seen.retryAfterMs },
      cadence,
      options.random,
    );
    if (now >= deadline) {
      yield seen;
      throw tooLate(options, word);
    }
    const delay = Math.ceil(Math.min(Math.max(1, wish), deadline - now));
    yield { ...seen, nextPollMs: delay };
    await clock.sleep(delay, signal);
  }
}

function tooLate({ timeoutMs }: PollOptions, word: string): StillRunningError {
  const after = formatDuration(timeoutMs);
  return new StillRunningError(word === '' ? `no answer within ${after}` : `still "${word}" after ${after}`, {
    hint: 'the export goes on at the provider; run the same command again to go on waiting (--timeout)',
  });
}

/** Shows no lower percentage than before. */
function neverBack(found: Look, marks: readonly Mark[]): Look {
  const highest = marks.at(-1)?.percent;
  return found.percent === undefined || highest === undefined ? found : { ...found, percent: highest };
}
