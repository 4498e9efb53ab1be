/** So many requests in any span of this many ms. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
}

/** What an answer said of the account's longest limit. */
export interface Allowance {
  /** Requests left … */
  readonly remaining: number;
  /** … of how many, where the service says so. */
  readonly of?: number | undefined;
  /** When it was said, in ms. */
  readonly at: number;
}

/** Polls can wait; `urgent` is what somebody waits for: the renewal of a link, a file, a start. */
export type Urgency = 'poll' | 'urgent';

/**
 * Polls leave half of what an account may ask for: to the urgent requests, and to whoever else uses the account. The
 * first half of their own half is free, so that few exports notice nothing; the rest is spread over the span, so that
 * many of them do not use it up at once and then wait for its end.
 */
const SHARE_OF_POLLS = 0.5;
const FREE_SHARE = 0.5;
/** How often to ask, in ms, when nothing is left and nothing says until when. */
const USED_UP_MS = 60_000;

/**
 * When the next request may be sent, in ms: by every limit, and for a poll also by its share and by what the service
 * said is left. `sent` are the times of earlier requests, in ascending order, as far back as the longest limit.
 */
export function dueAt(
  limits: readonly RateLimit[],
  sent: readonly number[],
  now: number,
  urgency: Urgency,
  allowance: Allowance | undefined,
): number {
  let due = now;
  const last = sent.at(-1);
  for (const limit of limits) {
    const { requests, perMs } = limit;
    const most = urgency === 'urgent' ? requests : Math.max(1, Math.floor(requests * SHARE_OF_POLLS));
    const oldest = sent[sent.length - most];
    if (oldest !== undefined) due = Math.max(due, oldest + perMs);
    if (urgency === 'urgent' || last === undefined) continue;
    const used = Math.max(
      countSince(sent, now - perMs),
      limit === longest(limits) ? usedBy(allowance, limit) : 0,
    );
    due = Math.max(due, last + spacing(used, most, perMs));
  }
  if (urgency === 'poll' && allowance !== undefined && allowance.remaining <= 0) {
    due = Math.max(due, allowance.at + USED_UP_MS);
  }
  return due;
}

/**
 * The least time between two polls, in ms, when `used` of `most` are. It grows with what is used, and so steeply that
 * what is not free lasts for the whole span: the limit itself is hardly ever met.
 */
function spacing(used: number, most: number, perMs: number): number {
  const share = used / most;
  if (share <= FREE_SHARE) return 0;
  // What the service counts may be another span, or another unit: it slows polls down, and never stops them.
  return Math.min(((2 * share) / (1 - FREE_SHARE ** 2)) * (perMs / most), Math.max(USED_UP_MS, perMs / most));
}

/** Requests that everybody together has made, by the service's own count. */
function usedBy(allowance: Allowance | undefined, { requests }: RateLimit): number {
  if (allowance === undefined) return 0;
  return Math.max(0, (allowance.of ?? requests) - allowance.remaining);
}

/** The limit with the longest span. */
function longest(limits: readonly RateLimit[]): RateLimit | undefined {
  return limits.reduce<RateLimit | undefined>(
    (best, limit) => (best === undefined || limit.perMs > best.perMs ? limit : best),
    undefined,
  );
}

/** How many of the ascending `times` are later than `since`. */
function countSince(times: readonly number[], since: number): number {
  let low = 0;
  for (let high = times.length; low < high;) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) > since) high = middle;
    else low = middle + 1;
  }
  return times.length - low;
}
