import type { Clock } from '../context.ts';
import { TransientError } from './failures.ts';
import { dueAt, type Allowance, type RateLimit, type Urgency } from './rate-limit.ts';
import { LONGEST_RETRY_AFTER_MS, retryDelay } from './retry.ts';

/** Requests of one account that are under way at once, however many exports are watched: they share connections. */
const MOST_IN_FLIGHT = 16;

/** How a request waits for its turn. */
export interface Turn {
  readonly urgency: Urgency;
  readonly signal: AbortSignal;
  /** Whoever has not the time for a longer wait than this, in ms, is told so when it is the first in the queue. */
  readonly patienceMs?: number | undefined;
}

interface Waiter extends Turn {
  readonly admit: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What one account may ask of its service, shared by everything in this process that talks to it: requests wait here
 * for their turn, the urgent ones first, and a refusal for asking too often (429) makes all of them wait.
 */
export class Quota {
  readonly #limits: readonly RateLimit[];
  readonly #clock: Clock;
  readonly #random: () => number;
  /** In the order of their coming; the urgent ones go first. */
  readonly #waiting = { urgent: new Set<Waiter>(), poll: new Set<Waiter>() };
  /** When requests were sent, ascending, as many of them as the limits look back. */
  readonly #sent: number[] = [];
  readonly #lookBack: number;
  #allowance: Allowance | undefined;
  /** When the clock was last read. */
  #latest = -Infinity;
  #pausedUntil = -Infinity;
  #refusals = 0;
  #inFlight = 0;
  #alarm: AbortController | undefined;

  constructor(limits: readonly RateLimit[], { clock, random }: { clock: Clock; random: () => number }) {
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
    this.#lookBack = Math.max(0, ...limits.map(({ requests }) => requests));
  }

  /**
   * Resolves when a request may be sent, with what has to be called when it is over. Rejects with the signal's reason,
   * and with TransientError when the caller has not the patience.
   */
  async enter(turn: Turn): Promise<() => void> {
    turn.signal.throwIfAborted();
    await this.#turn(turn);
    let open = true;
    return () => {
      if (open) this.#inFlight -= 1;
      open = false;
      this.#admitNext();
    };
  }

  /** An answer came that was no refusal; `remaining` of `of` requests, if it says so, are left of the longest limit. */
  answered(remaining?: number, of?: number): void {
    this.#refusals = 0;
    if (remaining !== undefined) this.#allowance = { remaining, of, at: this.#now() };
  }

  /** The service refused a request for asking too often, and wants to be left alone for `waitMs`, if it says. */
  refused(waitMs: number | undefined): void {
    this.#refusals += 1;
    const wait = waitMs ?? retryDelay(this.#refusals, undefined, this.#random);
    const until = this.#now() + Math.min(wait, LONGEST_RETRY_AFTER_MS);
    this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  async #turn(turn: Turn): Promise<void> {
    const queue = this.#waiting[turn.urgency];
    let waiter: Waiter | undefined;
    const onAbort = (): void => waiter?.reject(turn.signal.reason);
    turn.signal.addEventListener('abort', onAbort);
    try {
      await new Promise<void>((admit, reject) => {
        waiter = { ...turn, admit, reject };
        queue.add(waiter);
        this.#admitNext();
      });
    } finally {
      turn.signal.removeEventListener('abort', onAbort);
      // Of those that were admitted there is nothing to remove; others must not keep the alarm, and so the process, going.
      if (waiter !== undefined && queue.delete(waiter)) this.#admitNext();
    }
  }

  /** Lets everybody in whose turn has come, and sets the alarm for the next one. */
  #admitNext(): void {
    this.#alarm?.abort();
    this.#alarm = undefined;
    while (this.#inFlight < MOST_IN_FLIGHT) {
      const waiter = first(this.#waiting.urgent) ?? first(this.#waiting.poll);
      if (waiter === undefined) return;
      const wait = this.#waitOf(waiter.urgency);
      if (wait > 0 && wait <= (waiter.patienceMs ?? Infinity)) return this.#wakeAfter(wait);
      this.#waiting[waiter.urgency].delete(waiter);
      if (wait > 0) {
        waiter.reject(new TransientError('the account has used up its requests', { retryAfterMs: wait }));
        continue;
      }
      this.#remember(this.#now());
      this.#inFlight += 1;
      waiter.admit();
    }
  }

  #waitOf(urgency: Urgency): number {
    const now = this.#now();
    return Math.max(this.#pausedUntil, dueAt(this.#limits, this.#sent, now, urgency, this.#allowance)) - now;
  }

  /** A clock that was set back takes along what was noted by it: else nobody would have a turn until it catches up. */
  #now(): number {
    const now = this.#clock.now();
    const back = Math.min(0, now - this.#latest);
    if (back < 0) {
      for (const [at, sent] of this.#sent.entries()) this.#sent[at] = sent + back;
      this.#pausedUntil += back;
      if (this.#allowance !== undefined)
        this.#allowance = { ...this.#allowance, at: this.#allowance.at + back };
    }
    this.#latest = now;
    return now;
  }

  #remember(at: number): void {
    this.#sent.push(at);
    if (this.#sent.length > 2 * this.#lookBack) this.#sent.splice(0, this.#sent.length - this.#lookBack);
  }

  #wakeAfter(ms: number): void {
    const alarm = new AbortController();
    this.#alarm = alarm;
    this.#clock.sleep(ms, alarm.signal).then(
      () => this.#admitNext(),
      () => undefined,
    );
  }
}

function first<T>(set: ReadonlySet<T>): T | undefined {
  return set.values().next().value;
}
